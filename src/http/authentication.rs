//! From headers to the application and the user that call. What the use cases found is remembered until something
//! changes (see `Store::revision`) or the token expires.

use std::sync::Arc;

use http::{HeaderMap, Method, header};
use quick_cache::sync::Cache;

use super::pages::{cookie, same_site};
use crate::app::authenticate;
use crate::app::browser_session::{self, CookieHolder, Door};
use crate::app::manage::identity_providers;
use crate::domain::user::{Application, Requester};
use crate::domain::{AuthFailure, Clock, Error, Timestamp};
use crate::identity::apikey::sha256;
use crate::identity::browser::cookie_hash;
use crate::identity::jwks::{ExternalTokens, KEYS_KEPT_FOR};
use crate::identity::token::{AccessTokens, ISSUER};
use crate::storage::Store;

/// Callers that are remembered, of each kind.
const REMEMBERED: usize = 100_000;

/// The longest apikey and the longest token that are looked at, in bytes.
const APIKEY_MAX_BYTES: usize = 512;
const TOKEN_MAX_BYTES: usize = 16 * 1024;

/// Finds out who is calling.
pub struct Authenticator {
    store: Store,
    clock: Arc<dyn Clock>,
    tokens: Arc<AccessTokens>,
    external: ExternalTokens,
    /// By the hash of the apikey.
    applications: Cache<[u8; 32], (u64, Application)>,
    /// By the hash of the token, with the application that sent it.
    requesters: Cache<[u8; 32], Remembered>,
    /// By the door that they came in by and the hash of the cookie.
    holders: Cache<(Door, [u8; 32]), (u64, Arc<CookieHolder>)>,
}

#[derive(Clone, Copy)]
struct Remembered {
    /// The store's revision when this was so.
    revision: u64,
    expires_at: Timestamp,
    /// `None` for staff, who need none.
    application: Option<Application>,
    requester: Requester,
}

impl Authenticator {
    /// An authenticator that has seen nobody yet.
    pub fn new(store: Store, clock: Arc<dyn Clock>, tokens: Arc<AccessTokens>, external: ExternalTokens) -> Self {
        Self {
            store,
            clock,
            tokens,
            external,
            applications: Cache::new(REMEMBERED),
            requesters: Cache::new(REMEMBERED),
            holders: Cache::new(REMEMBERED),
        }
    }

    /// The application that the `apikey` header names.
    ///
    /// # Errors
    /// [`AuthFailure::Missing`], [`AuthFailure::WrongApikey`].
    pub async fn application(&self, headers: &HeaderMap) -> Result<Application, Error> {
        let Some(presented) = headers.get("apikey") else {
            return Err(Error::Unauthenticated(AuthFailure::Missing));
        };
        let presented = presented.to_str().map(str::trim).unwrap_or_default();
        if presented.is_empty() && headers["apikey"].is_empty() {
            return Err(Error::Unauthenticated(AuthFailure::Missing));
        }
        if presented.len() > APIKEY_MAX_BYTES {
            return Err(Error::Unauthenticated(AuthFailure::WrongApikey));
        }
        let hash = sha256(presented.as_bytes());
        // Read first: what changes while the database is asked is newer than this.
        let revision = self.store.revision();
        if let Some((at, application)) = self.applications.get(&hash)
            && at == revision
        {
            return Ok(application);
        }
        let presented = presented.to_owned();
        let application = self.store.read(move |tx| authenticate::application(tx, &presented)).await?;
        self.applications.insert(hash, (revision, application));
        Ok(application)
    }

    /// The user whom the `Authorization` header names, of the application's workspace.
    ///
    /// # Errors
    /// [`AuthFailure::Missing`], [`AuthFailure::MalformedHeader`], [`AuthFailure::InvalidToken`].
    pub async fn requester(&self, application: Application, headers: &HeaderMap) -> Result<Requester, Error> {
        let token = bearer_token(headers)?;
        let hash = sha256(token.as_bytes());
        let revision = self.store.revision();
        let now = self.clock.now();
        if let Some(known) = self.requesters.get(&hash)
            && known.revision == revision
            && known.application == Some(application)
            && known.expires_at > now
        {
            return Ok(known.requester);
        }
        let (requester, expires_at) = self.verify(application, token, now).await?;
        self.requesters.insert(hash, Remembered { revision, expires_at, application: Some(application), requester });
        Ok(requester)
    }

    /// The member of staff whom the `Authorization` header names by a token of ours.
    ///
    /// # Errors
    /// [`AuthFailure::Missing`], [`AuthFailure::MalformedHeader`], [`AuthFailure::InvalidToken`]; [`Error::Forbidden`] to
    /// customers.
    pub async fn staff(&self, headers: &HeaderMap) -> Result<Requester, Error> {
        let token = bearer_token(headers)?;
        // Not the key under which the customer API remembers the same token.
        let hash = sha256(format!("staff:{token}").as_bytes());
        let revision = self.store.revision();
        let now = self.clock.now();
        if let Some(known) = self.requesters.get(&hash)
            && known.revision == revision
            && known.expires_at > now
        {
            return Ok(known.requester);
        }
        let claims = self.tokens.verify(token, now).ok_or(Error::Unauthenticated(AuthFailure::InvalidToken))?;
        let requester = self.store.read(move |tx| authenticate::staff_of_session(tx, &claims)).await?;
        let expires_at = claims.expires_at;
        self.requesters.insert(hash, Remembered { revision, expires_at, application: None, requester });
        Ok(requester)
    }

    /// The user whom the cookie of `door` names. A request that changes something counts only if it comes from our own
    /// pages: browsers send cookies along with everybody's.
    ///
    /// # Errors
    /// [`AuthFailure::Missing`] without a cookie, and for what another site's page sends; [`AuthFailure::InvalidToken`]
    /// when its session ended; [`Error::Forbidden`] when this is not its holder's door.
    pub async fn of_cookie(
        &self,
        door: Door,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Arc<CookieHolder>, Error> {
        let cookie = cookie::of_session(door, headers).ok_or(Error::Unauthenticated(AuthFailure::Missing))?;
        same_site::demand(method, headers).await?;
        let hash = cookie_hash(cookie);
        let revision = self.store.revision();
        let now = self.clock.now();
        if let Some((at, holder)) = self.holders.get(&(door, hash))
            && at == revision
            && holder.expires_at > now
        {
            return Ok(holder);
        }
        let holder = Arc::new(self.store.read(move |tx| browser_session::holder(tx, door, &hash, now)).await?);
        self.holders.insert((door, hash), (revision, Arc::clone(&holder)));
        Ok(holder)
    }

    /// The member of staff whom the `Authorization` header names, or else the console's cookie.
    ///
    /// # Errors
    /// As [`Self::staff`] and [`Self::of_cookie`].
    pub async fn staff_by(&self, method: &Method, headers: &HeaderMap) -> Result<Requester, Error> {
        if headers.contains_key(header::AUTHORIZATION) || cookie::of_session(Door::Desk, headers).is_none() {
            return self.staff(headers).await;
        }
        Ok(self.of_cookie(Door::Desk, method, headers).await?.requester)
    }

    async fn verify(
        &self,
        application: Application,
        token: &str,
        now: Timestamp,
    ) -> Result<(Requester, Timestamp), Error> {
        if let Some(claims) = self.tokens.verify(token, now) {
            let requester = self.store.read(move |tx| authenticate::session_user(tx, application, &claims)).await?;
            return Ok((requester, claims.expires_at));
        }
        let invalid = || Error::Unauthenticated(AuthFailure::InvalidToken);
        let issuer =
            claimed_issuer(token).filter(|issuer| issuer != ISSUER && !issuer.contains('\0')).ok_or_else(invalid)?;
        let provider = self
            .store
            .read(move |tx| identity_providers::trusted(tx, application.workspace, &issuer))
            .await?
            .ok_or_else(invalid)?;
        let identity = Arc::new(self.external.verify(&provider, token).await?);
        // Remembered no longer than its key is: a provider that withdraws a key withdraws what it signed.
        let expires_at = identity.expires_at.min(now.plus(KEYS_KEPT_FOR));
        let found = Arc::clone(&identity);
        if let Some(known) = self.store.read(move |tx| authenticate::external_user(tx, application, &found)).await? {
            return Ok((known, expires_at));
        }
        let admitted =
            self.store.write(move |tx| authenticate::admit_external_user(tx, application, &identity, now)).await?;
        Ok((admitted, expires_at))
    }
}

/// The token of a bearer header (contract, "Who is calling"; RFC 6750).
fn bearer_token(headers: &HeaderMap) -> Result<&str, Error> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Err(Error::Unauthenticated(AuthFailure::Missing));
    };
    let value = value.to_str().map_err(|_| Error::Unauthenticated(AuthFailure::InvalidToken))?;
    let words: Vec<&str> = value.split_ascii_whitespace().take(3).collect();
    match words[..] {
        [scheme, token] if scheme.eq_ignore_ascii_case("bearer") => {
            if token.len() > TOKEN_MAX_BYTES {
                return Err(Error::Unauthenticated(AuthFailure::InvalidToken));
            }
            Ok(token)
        }
        // Nothing at all, or credentials of a kind that is not ours to read.
        [] | [_, _] => Err(Error::Unauthenticated(AuthFailure::Missing)),
        _ => Err(Error::Unauthenticated(AuthFailure::MalformedHeader)),
    }
}

/// Who a token says issued it; to be believed only after it was verified with that issuer's keys.
fn claimed_issuer(token: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Issuer {
        iss: String,
    }
    jsonwebtoken::dangerous::insecure_decode::<Issuer>(token).ok().map(|data| data.claims.iss)
}
