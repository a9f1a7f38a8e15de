//! Signing in with a browser: the asynchronous shell around `app::browser_session`.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::apikey::sha256;
use super::sign_in::SignIn;
use crate::app::browser_session::{self, CookieHash, Door};
use crate::app::log_in;
use crate::domain::entropy::random_bytes;
use crate::domain::{AuthFailure, Error, WorkspaceId};

/// How long a cookie is good for.
pub const COOKIE_LIFETIME: Duration = Duration::from_hours(14 * 24);

/// What a cookie is kept and looked up by.
#[must_use]
pub fn cookie_hash(cookie: &str) -> CookieHash {
    sha256(cookie.as_bytes())
}

impl SignIn {
    /// Signs a user in at `door`, and ends the session of the cookie that they had there `before`. Gives the new cookie.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], the same and after the same time whether the workspace and the user exist or not;
    /// [`Error::Forbidden`] for who knows the right password of another door.
    pub async fn sign_in_at(
        &self,
        door: Door,
        workspace: Option<WorkspaceId>,
        email: String,
        password: String,
        before: Option<CookieHash>,
    ) -> Result<String, Error> {
        // Nobody is in workspace 0: one that is not there is asked for as any other is.
        let asked = workspace.unwrap_or(WorkspaceId(0));
        let account = self.store.read(move |tx| log_in::account(tx, asked, &email)).await?;
        let stored = account.as_ref().and_then(|account| account.password_hash.clone());
        let matches = self.passwords.verify(password, stored).await?;
        let user = log_in::admit(account, matches)?;
        let workspace = workspace.ok_or(Error::Unauthenticated(AuthFailure::WrongCredentials))?;
        let cookie = BASE64_URL_SAFE_NO_PAD.encode(random_bytes::<32>(&*self.entropy));
        let hash = cookie_hash(&cookie);
        let at = self.clock.now();
        self.store
            .write(move |tx| {
                if let Some(before) = &before {
                    browser_session::end(tx, before, at)?;
                }
                browser_session::begin(tx, door, workspace, &user, &hash, at, at.plus(COOKIE_LIFETIME))
            })
            .await?;
        Ok(cookie)
    }

    /// Ends the session that a cookie keeps.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_out_of_browser(&self, cookie: CookieHash) -> Result<(), Error> {
        let at = self.clock.now();
        self.store.write(move |tx| browser_session::end(tx, &cookie, at)).await
    }
}
