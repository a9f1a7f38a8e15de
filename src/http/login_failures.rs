//! Guessing passwords is slow: failed sign-ins are counted by account and by address, and too many wait.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quick_cache::sync::Cache;

use super::error::ApiError;
use super::rate_limit::with_fields;
use crate::config::Config;
use crate::domain::{Clock, Error, Timestamp, WorkspaceId, text};
use crate::identity::apikey::sha256;

/// How long failures count together.
const WINDOW: Duration = Duration::from_mins(5);

/// Accounts and addresses that are remembered.
const REMEMBERED: usize = 100_000;

/// Counts failed sign-ins.
pub struct LoginFailures {
    by_account: Counts,
    by_address: Counts,
}

/// A sign-in that is under way. It counts as failed until it is said to have ended otherwise, so that many at once do not
/// slip under the limit together.
#[must_use]
pub struct Attempt(Vec<Arc<Mutex<Count>>>);

impl LoginFailures {
    pub fn new(config: &Config) -> Self {
        Self {
            by_account: Counts::new("login-account", config.login_failures_per_account),
            by_address: Counts::new("login-address", config.login_failures_per_address),
        }
    }

    /// Begins a sign-in, to the API or to the console.
    ///
    /// # Errors
    /// A 429 with `Retry-After` and the `RateLimit` fields when too many failed before it.
    pub fn begin(
        &self,
        workspace: WorkspaceId,
        username: &str,
        address: Option<IpAddr>,
        clock: &dyn Clock,
    ) -> Result<Attempt, ApiError> {
        let now = clock.now();
        let account = format!("{workspace}/{}", text::fold(text::trim(username)));
        let mut attempt = Attempt(Vec::with_capacity(2));
        let address = address.map(|address| address.to_string());
        for (counts, key) in [(&self.by_account, Some(account)), (&self.by_address, address)] {
            let Some(key) = key else { continue };
            match counts.begin(&key, now) {
                Ok(count) => attempt.0.extend(count),
                Err(error) => {
                    attempt.succeeded();
                    return Err(error);
                }
            }
        }
        Ok(attempt)
    }
}

impl Attempt {
    /// Ends the attempt; it counts as failed if its credentials were refused. That the server was busy says nothing
    /// against them.
    pub fn ended<T>(self, outcome: &Result<T, Error>) {
        if matches!(outcome, Ok(_) | Err(Error::Busy { .. } | Error::Internal { .. })) {
            self.succeeded();
        }
    }

    /// Takes the attempt out of the counts.
    fn succeeded(self) {
        for count in self.0 {
            let mut count = count.lock().expect("no thread panics while it holds this");
            count.attempts = count.attempts.saturating_sub(1);
        }
    }
}

struct Counts {
    /// What the `RateLimit` fields call it.
    name: &'static str,
    /// 0 is any number.
    limit: u32,
    by_key: Cache<[u8; 32], Arc<Mutex<Count>>>,
}

struct Count {
    since: Timestamp,
    attempts: u32,
}

impl Counts {
    fn new(name: &'static str, limit: u32) -> Self {
        Self { name, limit, by_key: Cache::new(REMEMBERED) }
    }

    fn begin(&self, key: &str, now: Timestamp) -> Result<Option<Arc<Mutex<Count>>>, ApiError> {
        if self.limit == 0 {
            return Ok(None);
        }
        let fresh = || Ok::<_, ApiError>(Arc::new(Mutex::new(Count { since: now, attempts: 0 })));
        let shared = self.by_key.get_or_insert_with(&sha256(key.as_bytes()), fresh)?;
        let mut count = shared.lock().expect("no thread panics while it holds this");
        let ends = count.since.plus(WINDOW);
        if ends <= now {
            *count = Count { since: now, attempts: 0 };
        } else if count.attempts >= self.limit {
            let micros = u64::try_from(ends.0 - now.0).unwrap_or_default();
            let wait = Duration::from_micros(micros);
            let error = ApiError::from(Error::Throttled { retry_after: wait });
            return Err(with_fields(error, self.name, self.limit, WINDOW.as_secs(), wait));
        }
        count.attempts += 1;
        drop(count);
        Ok(Some(shared))
    }
}
