//! How often who may ask: by apikey and by user, with the `RateLimit` fields (draft-ietf-httpapi-ratelimit-headers).

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use http::header::{HeaderName, HeaderValue};

use super::error::ApiError;
use crate::config::Config;
use crate::domain::user::Requester;
use crate::domain::{ApplicationId, Error, UserId};

type Keyed<K> = RateLimiter<K, DashMapStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// The limits on requests. Each is a minute's worth that may come at once and fills up evenly.
pub struct RateLimits {
    by_apikey: Option<Limit<ApplicationId>>,
    by_user: Option<Limit<UserId>>,
}

struct Limit<K: Hash + Eq + Clone> {
    name: &'static str,
    a_minute: u32,
    limiter: Keyed<K>,
}

impl RateLimits {
    pub fn new(config: &Config) -> Self {
        Self {
            by_apikey: Limit::new("apikey", config.requests_per_minute_per_apikey),
            by_user: Limit::new("user", config.requests_per_minute_per_user),
        }
    }

    /// Counts a request of an application.
    ///
    /// # Errors
    /// A 429 with `Retry-After` and the `RateLimit` fields.
    pub fn count_application(&self, application: ApplicationId) -> Result<(), ApiError> {
        self.by_apikey.as_ref().map_or(Ok(()), |limit| limit.count(&application))
    }

    /// Counts a request of a user.
    ///
    /// # Errors
    /// A 429 with `Retry-After` and the `RateLimit` fields.
    pub fn count_requester(&self, requester: &Requester) -> Result<(), ApiError> {
        self.by_user.as_ref().map_or(Ok(()), |limit| limit.count(&requester.user))
    }

    /// Forgets whom it has not heard of for a while.
    pub fn forget_idle(&self) {
        if let Some(limit) = &self.by_apikey {
            limit.limiter.retain_recent();
        }
        if let Some(limit) = &self.by_user {
            limit.limiter.retain_recent();
        }
    }
}

impl<K: Hash + Eq + Clone> Limit<K> {
    fn new(name: &'static str, a_minute: u32) -> Option<Self> {
        let quota = Quota::per_minute(NonZeroU32::new(a_minute)?);
        let limiter = RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>();
        Some(Self { name, a_minute, limiter })
    }

    fn count(&self, key: &K) -> Result<(), ApiError> {
        let Err(exceeded) = self.limiter.check_key(key) else { return Ok(()) };
        let wait = exceeded.wait_time_from(DefaultClock::default().now());
        let error = ApiError::from(Error::Throttled { retry_after: wait });
        Err(with_fields(error, self.name, self.a_minute, 60, wait))
    }
}

/// Adds the `RateLimit` fields: the policy `name` allows `quota` in `window` seconds, none of it is left, and more comes
/// after `wait`.
pub fn with_fields(error: ApiError, name: &str, quota: u32, window: u64, wait: Duration) -> ApiError {
    let value = |text: String| HeaderValue::try_from(text).expect("a name and numbers are a header's value");
    let reset = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    error
        .with(HeaderName::from_static("ratelimit-policy"), value(format!("\"{name}\";q={quota};w={window}")))
        .with(HeaderName::from_static("ratelimit"), value(format!("\"{name}\";r=0;t={reset}")))
}
