//! The installation's secret, and the keys that are derived from it.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;

use crate::domain::Entropy;
use crate::domain::entropy::random_bytes;

/// The file in the data folder.
pub const FILE_NAME: &str = "secret.key";

/// Bytes that a secret must have at least.
const MIN_BYTES: usize = 32;

/// Bytes that `AES_256_GCM` puts before and behind what it seals.
const NONCE_BYTES: usize = 12;

/// The installation's secret. Everything that is signed, sealed or fingerprinted is so with a key derived from it.
#[derive(Clone)]
pub struct Secret(hmac::Key);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why there is no usable secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error(
        "the secret {0} is too weak: it must be {MIN_BYTES} random bytes or more, for example from `openssl rand -hex 32`"
    )]
    Weak(String),
    #[error("the secret file {path} cannot be used: {problem}")]
    File { path: String, problem: String },
}

impl Secret {
    /// The secret made of `material`, named `origin` in errors.
    ///
    /// # Errors
    /// [`SecretError::Weak`] when it is short, repetitive or a sample.
    pub fn new(material: &str, origin: &str) -> Result<Self, SecretError> {
        let material = material.trim();
        let distinct = material.bytes().collect::<std::collections::HashSet<_>>().len();
        let folded = material.to_ascii_lowercase();
        let is_sample = ["secret", "changeme", "change-me", "password", "example", "sample", "ferrodesk"]
            .iter()
            .any(|word| folded.contains(word));
        if material.len() < MIN_BYTES || distinct < 8 || is_sample {
            return Err(SecretError::Weak(origin.to_owned()));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, material.as_bytes())))
    }

    /// What a new secret can be made of.
    #[must_use]
    pub fn material(entropy: &dyn Entropy) -> String {
        hex::encode(random_bytes::<32>(entropy))
    }

    /// Reads the secret in the data folder; if there is none, makes one, readable by its owner alone.
    ///
    /// # Errors
    /// When the file cannot be read or written, others may read it, or it is weak.
    pub fn load_or_create(data: &Path, entropy: &dyn Entropy) -> Result<Self, SecretError> {
        let path = data.join(FILE_NAME);
        if !path.exists() {
            write_new(data, &Self::material(entropy), entropy).map_err(|e| unusable(&path, e.to_string()))?;
        }
        Self::new(&read(&path)?, &format!("in {}", path.display()))
    }

    /// What the secret in the data folder is made of; `None` when there is none.
    ///
    /// # Errors
    /// As [`Secret::load_or_create`].
    pub fn find_material(data: &Path) -> Result<Option<String>, SecretError> {
        let path = data.join(FILE_NAME);
        if !path.exists() {
            return Ok(None);
        }
        let material = read(&path)?.trim().to_owned();
        Self::new(&material, &format!("in {}", path.display()))?;
        Ok(Some(material))
    }

    /// Keeps `material` as the data folder's secret.
    ///
    /// # Errors
    /// When the folder has another secret, or the file cannot be written.
    pub fn keep_material(data: &Path, material: &str, entropy: &dyn Entropy) -> Result<(), SecretError> {
        let path = data.join(FILE_NAME);
        if !path.exists() {
            write_new(data, material, entropy).map_err(|e| unusable(&path, e.to_string()))?;
        }
        if read(&path)?.trim() == material {
            return Ok(());
        }
        Err(unusable(&path, "it is another installation's; move it away".to_owned()))
    }

    /// The key for one purpose; keys of two purposes tell nothing of each other.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        self.authenticate(&[b"derive", purpose.as_bytes()])
    }

    /// HMAC-SHA-256 of `parts`, each preceded by its length, so that no two lists of parts are alike.
    #[must_use]
    pub fn authenticate(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut tag = [0; 32];
        tag.copy_from_slice(context.sign().as_ref());
        tag
    }

    /// Encrypts `plain` for storage.
    #[must_use]
    pub fn seal(&self, plain: &[u8]) -> Vec<u8> {
        let mut sealed = plain.to_vec();
        let nonce = self
            .sealing_key()
            .seal_in_place_append_tag(Aad::empty(), &mut sealed)
            .expect("a short answer is within what the cipher takes");
        [nonce.as_ref().as_slice(), &sealed].concat()
    }

    /// Decrypts what [`Secret::seal`] gave; `None` when this secret did not seal it.
    #[must_use]
    pub fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_at_checked(NONCE_BYTES)?;
        let mut body = body.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self.sealing_key().open_in_place(nonce, Aad::empty(), &mut body).ok()?;
        Some(plain.to_vec())
    }

    fn sealing_key(&self) -> RandomizedNonceKey {
        RandomizedNonceKey::new(&AES_256_GCM, &self.derive("seal")).expect("the key has the cipher's length")
    }
}

fn unusable(path: &Path, problem: String) -> SecretError {
    SecretError::File { path: path.display().to_string(), problem }
}

/// What is in the file, which must be for nobody else to read.
fn read(path: &Path) -> Result<String, SecretError> {
    let metadata = fs::metadata(path).map_err(|e| unusable(path, e.to_string()))?;
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
    if mode & 0o077 != 0 {
        return Err(unusable(path, format!("others may read it (mode {:o}); run chmod 600 on it", mode & 0o777)));
    }
    fs::read_to_string(path).map_err(|e| unusable(path, e.to_string()))
}

/// Makes the file, unless somebody else has made it meanwhile.
fn write_new(data: &Path, material: &str, entropy: &dyn Entropy) -> std::io::Result<()> {
    // Written aside and linked into place, so that two processes that start at once agree on one.
    let aside = data.join(format!("{FILE_NAME}.{}", hex::encode(random_bytes::<8>(entropy))));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
    file.write_all(material.as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&aside, data.join(FILE_NAME));
    fs::remove_file(&aside)?;
    match linked {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => Err(e),
        _ => fs::File::open(data)?.sync_all(),
    }
}
