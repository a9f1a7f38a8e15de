//! Apikeys: random, shown once, kept only as a hash.

use std::fmt;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::Entropy;
use crate::domain::entropy::random_bytes;

/// What every key begins with, so that scanners for leaked secrets know one when they see it.
const MARK: &str = "fdk_";

/// Characters of a key that its operator gets to see in lists.
const PREFIX_CHARS: usize = 10;

/// A key in the clear. It has no `Debug` that would show it.
#[derive(Clone)]
pub struct Apikey(String);

impl Apikey {
    /// A new key of 192 random bits.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self::from_bits(&random_bytes::<24>(entropy))
    }

    /// The key made of these bits.
    #[must_use]
    pub fn from_bits(bits: &[u8]) -> Self {
        Self(format!("{MARK}{}", URL_SAFE_NO_PAD.encode(bits)))
    }

    /// What the holder sends.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The part that tells keys apart in lists and opens nothing.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.0[..PREFIX_CHARS]
    }

    /// What is stored.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }
}

impl fmt::Debug for Apikey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Apikey({}…)", self.prefix())
    }
}

/// SHA-256 of a presented key. A fast hash will do, because a key has more bits than can be guessed; and looking the
/// hash up takes no time that tells of the key.
#[must_use]
pub fn hash(presented: &str) -> [u8; 32] {
    sha256(presented.as_bytes())
}

/// SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}
