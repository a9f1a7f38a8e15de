//! Signing in and staying so: the asynchronous shell around `app::log_in` and `app::refresh_session`.

use std::sync::Arc;

use serde_json::json;

use super::password::Passwords;
use super::secret::Secret;
use super::token::{self, AccessTokens, REFRESH_LIFETIME};
use crate::app::idempotency::{self, Repeatable};
use crate::app::log_in;
use crate::app::refresh_session::{Refreshed, refresh_session};
use crate::domain::user::Application;
use crate::domain::{AuthFailure, Clock, Entropy, Error, SessionId, UserId};
use crate::storage::Store;

/// What signing in needs.
#[derive(Clone)]
pub struct SignIn {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub passwords: Passwords,
    pub tokens: Arc<AccessTokens>,
    pub secret: Secret,
}

impl SignIn {
    /// Signs a user in. Gives the JSON of the answer.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], the same and after the same time whether the user exists or not.
    pub async fn log_in(
        &self,
        application: Application,
        username: String,
        password: String,
        request: Option<Repeatable>,
    ) -> Result<Vec<u8>, Error> {
        if let Some(answer) = self.kept(request.clone()).await? {
            return Ok(answer);
        }
        let account = self.store.read(move |tx| log_in::account(tx, application.workspace, &username)).await?;
        let stored = account.as_ref().and_then(|account| account.password_hash.clone());
        let matches = self.passwords.verify(password, stored).await?;
        let user = log_in::admit(account, matches)?;
        let at = self.clock.now();
        let (refresh, hash) = token::new_refresh_token(&*self.entropy);
        let this = self.clone();
        let answer = self
            .store
            .write(move |tx| {
                idempotency::once(tx, request.as_ref(), at, |tx| {
                    let expires_at = at.plus(REFRESH_LIFETIME);
                    let session = log_in::start_session(tx, application, &user, &hash, at, expires_at)?;
                    Ok(this.sealed_pair(application, user.id, session, &refresh))
                })
            })
            .await?;
        self.open(&answer)
    }

    /// Puts a new refresh token in the place of `presented`. Gives the JSON of the answer.
    ///
    /// # Errors
    /// [`AuthFailure::InvalidToken`] when the token is unknown, expired, revoked or was used before.
    pub async fn refresh(
        &self,
        application: Application,
        presented: &str,
        request: Option<Repeatable>,
    ) -> Result<Vec<u8>, Error> {
        let at = self.clock.now();
        let presented = token::refresh_hash(presented);
        let (next, next_hash) = token::new_refresh_token(&*self.entropy);
        let this = self.clone();
        let answer = self
            .store
            .write(move |tx| {
                // An empty answer is a refusal: an error would undo the revocation that it may come with.
                idempotency::once(tx, request.as_ref(), at, |tx| {
                    let expires_at = at.plus(REFRESH_LIFETIME);
                    Ok(match refresh_session(tx, application, &presented, &next_hash, at, expires_at)? {
                        Refreshed::Granted { user, session } => this.sealed_pair(application, user, session, &next),
                        Refreshed::Refused => Vec::new(),
                    })
                })
            })
            .await?;
        self.open(&answer)
    }

    async fn kept(&self, request: Option<Repeatable>) -> Result<Option<Vec<u8>>, Error> {
        let Some(request) = request else { return Ok(None) };
        let at = self.clock.now();
        let wanted = request.clone();
        if !self.store.read(move |tx| idempotency::is_kept(tx, &wanted, at)).await? {
            return Ok(None);
        }
        let answer = self.store.write(move |tx| idempotency::kept(tx, &request, at)).await?;
        answer.map(|answer| self.open(&answer)).transpose()
    }

    /// The answer with both tokens, encrypted, because it may be kept for a repeat.
    fn sealed_pair(&self, application: Application, user: UserId, session: SessionId, refresh: &str) -> Vec<u8> {
        let access = self.tokens.issue(application.workspace, user, session, self.clock.now());
        self.secret.seal(json!({ "refresh": refresh, "access": access }).to_string().as_bytes())
    }

    fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        if sealed.is_empty() {
            return Err(Error::Unauthenticated(AuthFailure::InvalidToken));
        }
        self.secret.open(sealed).ok_or_else(|| Error::internal("a kept answer was sealed with another secret"))
    }
}
