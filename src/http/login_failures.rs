//! The limits on failed sign-ins, as answers: see `app::sign_in_attempts`.

use std::net::IpAddr;

use super::error::ApiError;
use super::rate_limit::with_fields;
use crate::app::sign_in_attempts::{self, Begun, Counted, Limits, WINDOW};
use crate::config::Config;
use crate::domain::{Clock, Error, Timestamp, WorkspaceId};
use crate::storage::Store;

/// Counts failed sign-ins, together with all servers on the same database.
pub struct LoginFailures {
    store: Store,
    limits: Limits,
}

/// A sign-in that is under way.
#[must_use]
pub struct Attempt {
    store: Store,
    who: sign_in_attempts::Attempt,
    counted: Vec<Counted>,
    begun_at: Timestamp,
}

impl LoginFailures {
    pub fn new(config: &Config, store: Store) -> Self {
        let limits =
            Limits { per_account: config.login_failures_per_account, per_address: config.login_failures_per_address };
        Self { store, limits }
    }

    /// Begins a sign-in, to the API or to pages.
    ///
    /// # Errors
    /// A 429 with `Retry-After` and the `RateLimit` fields when too many failed before it; what the database gives.
    pub async fn begin(
        &self,
        workspace: WorkspaceId,
        username: &str,
        address: Option<IpAddr>,
        clock: &dyn Clock,
    ) -> Result<Attempt, ApiError> {
        let who = sign_in_attempts::Attempt::new(workspace, username, address);
        let (tried, limits, at) = (who.clone(), self.limits, clock.now());
        match self.store.write(move |tx| sign_in_attempts::begin(tx, &tried, limits, at)).await? {
            Begun::Counted(counted) => Ok(Attempt { store: self.store.clone(), who, counted, begun_at: at }),
            Begun::Full { is_the_address, limit, wait } => {
                let name = if is_the_address { "login-address" } else { "login-account" };
                let error = ApiError::from(Error::Throttled { retry_after: wait });
                Err(with_fields(error, name, limit, WINDOW.as_secs(), wait))
            }
        }
    }
}

impl Attempt {
    /// Ends the attempt; it counts as failed if its credentials were refused. That the server was busy says nothing
    /// against them.
    pub async fn ended<T>(self, outcome: &Result<T, Error>) {
        let Self { store, who, counted, begun_at } = self;
        let taken_out = match outcome {
            Ok(_) => store.write(move |tx| sign_in_attempts::succeeded(tx, &who, &counted, begun_at)).await,
            Err(Error::Busy { .. } | Error::Internal { .. }) => {
                store.write(move |tx| sign_in_attempts::take_out(tx, &counted)).await
            }
            Err(_) => return,
        };
        // Who is signed in is so all the same; the attempt counts as failed until its time is over.
        if let Err(error) = taken_out {
            tracing::warn!(?error, "a sign-in that did not fail could not be taken out of the failures");
        }
    }
}
