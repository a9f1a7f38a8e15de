//! What every handler can reach.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;

use super::authentication::Authenticator;
use super::customer::CatalogueCache;
use super::held_answers;
use super::login_failures::LoginFailures;
use super::metrics::HttpMetrics;
use super::rate_limit::RateLimits;
use crate::blobs::Blobs;
use crate::config::Config;
use crate::domain::{Clock, Entropy};
use crate::held::Memory;
use crate::identity::jwks::ExternalTokens;
use crate::identity::password::Passwords;
use crate::identity::secret::Secret;
use crate::identity::sign_in::SignIn;
use crate::identity::token::AccessTokens;
use crate::storage::Store;

/// What a server is made of.
pub struct Parts {
    pub config: Config,
    pub store: Store,
    pub blobs: Blobs,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub secret: Secret,
    pub metrics: HttpMetrics,
}

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

struct Inner {
    config: Config,
    store: Store,
    blobs: Blobs,
    clock: Arc<dyn Clock>,
    secret: Secret,
    metrics: HttpMetrics,
    sign_in: SignIn,
    authenticator: Authenticator,
    catalogue: CatalogueCache,
    rate_limits: RateLimits,
    login_failures: LoginFailures,
    upload_memory: Arc<Semaphore>,
    answer_memory: Memory,
    stopping: AtomicBool,
    /// What every path of the API begins with.
    base_path: String,
}

impl AppState {
    /// Puts a server together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { config, store, blobs, clock, entropy, secret, metrics } = parts;
        let tokens = Arc::new(AccessTokens::new(&secret));
        let external = ExternalTokens::new(Arc::clone(&clock));
        let authenticator = Authenticator::new(store.clone(), Arc::clone(&clock), Arc::clone(&tokens), external);
        let sign_in = SignIn {
            store: store.clone(),
            clock: Arc::clone(&clock),
            entropy,
            passwords: Passwords::default(),
            tokens,
            secret: secret.clone(),
        };
        Self(Arc::new(Inner {
            rate_limits: RateLimits::new(&config),
            login_failures: LoginFailures::new(&config, store.clone()),
            upload_memory: Arc::new(Semaphore::new(config.upload_memory_mib)),
            answer_memory: Memory::new(held_answers::WAITING_MAX_BYTES),
            stopping: AtomicBool::new(false),
            base_path: config.base_path(),
            catalogue: CatalogueCache::default(),
            config,
            store,
            blobs,
            clock,
            secret,
            metrics,
            sign_in,
            authenticator,
        }))
    }

    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    #[must_use]
    pub fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    /// Asks answers that have no end of their own to end.
    pub fn stop_streams(&self) {
        self.0.stopping.store(true, Ordering::Release);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::Acquire)
    }

    /// Lets go of what is kept about callers who have not called for a while.
    pub fn forget_idle_callers(&self) {
        self.0.rate_limits.forget_idle();
    }

    pub(super) fn secret(&self) -> &Secret {
        &self.0.secret
    }

    pub(super) fn metrics(&self) -> &HttpMetrics {
        &self.0.metrics
    }

    pub(super) fn sign_in(&self) -> &SignIn {
        &self.0.sign_in
    }

    pub(super) fn authenticator(&self) -> &Authenticator {
        &self.0.authenticator
    }

    pub(super) fn catalogue(&self) -> &CatalogueCache {
        &self.0.catalogue
    }

    pub(super) fn rate_limits(&self) -> &RateLimits {
        &self.0.rate_limits
    }

    pub(super) fn login_failures(&self) -> &LoginFailures {
        &self.0.login_failures
    }

    /// For large answers that wait to be read.
    pub(super) fn answer_memory(&self) -> &Memory {
        &self.0.answer_memory
    }

    /// A permit is a MiB of attachments in memory.
    pub(super) fn upload_memory(&self) -> &Arc<Semaphore> {
        &self.0.upload_memory
    }

    /// The address of `path` below the API's base: absolute if the settings say how clients know us.
    pub(super) fn link(&self, path: &str) -> String {
        let origin = self.0.config.public_url.as_deref().unwrap_or_default().trim_end_matches('/');
        format!("{origin}{}{path}", self.0.base_path)
    }
}
