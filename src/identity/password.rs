//! Passwords: argon2id, a bounded number at a time.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::time::Duration;

use argon2::password_hash::{self, Output, ParamsString, PasswordHash, Salt, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::Semaphore;

use crate::domain::entropy::random_bytes;
use crate::domain::{Entropy, Error, text};

/// The shortest password that a user may be given, in code points (NIST SP 800-63B).
pub const MIN_CHARS: usize = 8;

/// The longest, in bytes: hashing more would only be work.
pub const MAX_BYTES: usize = 1024;

/// Checks that wait behind those being hashed; one more is refused at once.
const QUEUE: usize = 64;

/// OWASP's first recommendation for argon2id: 19 MiB, two passes, one lane.
static ARGON2: LazyLock<Argon2<'static>> = LazyLock::new(|| {
    let params = Params::new(19 * 1024, 2, 1, None).expect("the parameters are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
});

/// What an unknown user's password is held against, so that it takes as long as a known one's.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("nobody's password", &[7; 16]));

/// Hashes and checks passwords on the blocking pool, no more at a time than there are cores.
#[derive(Clone)]
pub struct Passwords {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        // Made now, so that the first unknown user takes no longer than the second.
        LazyLock::force(&NOBODY);
        Self { running: Arc::new(Semaphore::new(cores)), waiting: Arc::new(Semaphore::new(cores + QUEUE)) }
    }
}

impl Passwords {
    /// Whether `password` is the one that `stored` is the hash of. Takes the same time when `stored` is `None`, and is
    /// then false.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait already.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, Error> {
        self.bounded(move || {
            let known = stored.is_some();
            let stored = stored.unwrap_or_else(|| NOBODY.clone());
            let Ok(parsed) = PasswordHash::new(&stored) else { return false };
            tracing::trace!("a password is held against a hash");
            matches(text::trim(&password).as_bytes(), &parsed).is_ok_and(|matches| matches && known)
        })
        .await
    }

    /// The hash to store for `password`.
    ///
    /// # Errors
    /// [`Error::Misuse`] when the password is too short or too long; [`Error::Busy`] when too many wait already.
    pub async fn hash(&self, password: &str, entropy: &dyn Entropy) -> Result<String, Error> {
        let password = text::trim(password).to_owned();
        if password.chars().count() < MIN_CHARS || password.len() > MAX_BYTES {
            return Err(Error::Misuse(format!(
                "a password must have {MIN_CHARS} characters or more, and {MAX_BYTES} bytes at the most"
            )));
        }
        let salt = random_bytes::<16>(entropy);
        self.bounded(move || hash(&password, &salt)).await
    }

    async fn bounded<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let busy = || Error::Busy { retry_after: Duration::from_secs(1) };
        let _place = self.waiting.clone().try_acquire_owned().map_err(|_| busy())?;
        let _turn = self.running.clone().acquire_owned().await.map_err(|_| busy())?;
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)
    }
}

/// Argon2id of `password`, in PHC form.
fn hash(password: &str, salt: &[u8; 16]) -> String {
    let salt = SaltString::encode_b64(salt).expect("16 bytes are a salt's recommended length");
    let salt = salt.as_salt();
    let params = ParamsString::try_from(ARGON2.params()).expect("the parameters are within argon2's bounds");
    let output = output(&ARGON2, password.as_bytes(), &salt).expect("the parameters are within argon2's bounds");
    let (algorithm, version) = (Algorithm::Argon2id.ident(), Some(Version::V0x13.into()));
    PasswordHash { algorithm, version, params, salt: Some(salt), hash: Some(output) }.to_string()
}

/// Whether `password` is the one that was hashed, with whatever parameters.
fn matches(password: &[u8], hashed: &PasswordHash<'_>) -> password_hash::Result<bool> {
    let (Some(salt), Some(expected)) = (&hashed.salt, &hashed.hash) else { return Ok(false) };
    let version = hashed.version.map_or(Ok(Version::default()), Version::try_from)?;
    let argon2 = Argon2::new(Algorithm::try_from(hashed.algorithm)?, version, Params::try_from(hashed)?);
    // Outputs are compared in constant time.
    Ok(output(&argon2, password, salt)? == *expected)
}

fn output(argon2: &Argon2<'_>, password: &[u8], salt: &Salt<'_>) -> password_hash::Result<Output> {
    let mut decoded = [0; Salt::MAX_LENGTH];
    let salt = salt.decode_b64(&mut decoded)?;
    let length = argon2.params().output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let mut blocks = memory().pop().unwrap_or_default();
    blocks.resize(argon2.params().block_count(), Block::default());
    let output =
        Output::init_with(length, |out| Ok(argon2.hash_password_into_with_memory(password, salt, out, &mut blocks)?));
    memory().push(blocks);
    output
}

/// The memory of those that hash, used again: freed, it would stay with whichever thread it was on, and there are hundreds.
fn memory() -> MutexGuard<'static, Vec<Vec<Block>>> {
    static MEMORY: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());
    MEMORY.lock().expect("no thread panics while it holds this")
}
