//! Tokens of identity providers that a workspace trusts, verified with the keys that they publish (RFC 7517).

use std::collections::HashMap;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::app::authenticate::ExternalIdentity;
use crate::domain::workspace::IdentityProvider;
use crate::domain::{AuthFailure, Clock, Error, Timestamp};

/// How long fetched keys are used without asking again.
pub const KEYS_KEPT_FOR: Duration = Duration::from_mins(10);

/// The least time between two fetches from one provider, however many unknown keys are named meanwhile.
const FETCH_AT_MOST_EVERY: Duration = Duration::from_secs(10);

/// How far a provider's clock may differ from ours.
const LEEWAY: Duration = Duration::from_mins(1);

/// How long a provider has to answer.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// The largest key set, in bytes.
const KEYS_MAX_BYTES: usize = 256 * 1024;

/// The longest name that a provider may have for a user (OpenID Connect Core, 2).
const SUBJECT_MAX_CHARS: usize = 255;

/// The algorithms that a provider may be trusted with. Symmetric ones are not among them: their "public" key would
/// let anybody sign.
pub const ALGORITHMS: [&str; 9] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

#[derive(Deserialize)]
struct Claims {
    sub: String,
    /// Seconds, maybe with a fraction (RFC 7519, "NumericDate").
    exp: f64,
    nbf: Option<f64>,
    email: Option<String>,
    #[serde(default)]
    email_verified: Option<serde_json::Value>,
}

/// Keys come over TLS, or from this machine: whoever could change them on the way could sign in as anybody.
///
/// # Errors
/// A sentence that says what is wrong with the address.
pub fn check_address(url: &str) -> Result<(), String> {
    let parsed = reqwest::Url::parse(url).map_err(|e| format!("the address of the keys, {url}: {e}"))?;
    let on_this_machine = matches!(parsed.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    if parsed.scheme() != "https" && !(parsed.scheme() == "http" && on_this_machine) {
        return Err(format!("the address of the keys, {url}, must begin with https://, or be on this machine"));
    }
    Ok(())
}

/// The published keys of one provider, as last fetched.
#[derive(Default)]
struct Keys {
    set: Option<JwkSet>,
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

/// Verifies tokens of trusted identity providers.
pub struct ExternalTokens {
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
    /// By address; each provider's keys are fetched by one request at a time.
    keys: Mutex<HashMap<String, Arc<Mutex<Keys>>>>,
}

impl ExternalTokens {
    /// A verifier that has fetched no keys yet.
    ///
    /// # Panics
    /// When the system has no TLS to offer.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let client = reqwest::Client::builder()
            .timeout(FETCH_TIMEOUT)
            // A redirect could lead the fetch to an address that the operator did not name.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("the TLS backend is compiled in");
        Self { client, clock, keys: Mutex::new(HashMap::new()) }
    }

    /// What a token says, if `provider` issued it for us, with a pinned algorithm, and it is valid now.
    ///
    /// # Errors
    /// [`AuthFailure::InvalidToken`] otherwise; [`Error::Busy`] when the provider's keys cannot be had.
    pub async fn verify(&self, provider: &IdentityProvider, token: &str) -> Result<ExternalIdentity, Error> {
        let invalid = || Error::Unauthenticated(AuthFailure::InvalidToken);
        let header = decode_header(token).map_err(|_| invalid())?;
        let pinned: Vec<Algorithm> = provider
            .algorithms
            .iter()
            .filter(|name| ALGORITHMS.contains(&name.as_str()))
            .filter_map(|name| Algorithm::from_str(name).ok())
            .collect();
        // We understand no extension, and `crit` names those that must be (RFC 7515, 4.1.11).
        if !pinned.contains(&header.alg) || header.crit.is_some() || !says_who_somebody_is(header.typ.as_deref()) {
            return Err(invalid());
        }
        let jwk = self.key(provider, header.kid.as_deref()).await?.ok_or_else(invalid)?;
        let key = DecodingKey::from_jwk(&jwk).map_err(|_| invalid())?;
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&provider.issuer]);
        validation.set_audience(&[&provider.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // Time is compared below, with the clock that is passed in.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims = decode::<Claims>(token, &key, &validation).map_err(|_| invalid())?.claims;
        let now = self.clock.now();
        let expires_at = moment(claims.exp).plus(LEEWAY);
        let too_early = claims.nbf.is_some_and(|nbf| moment(nbf).minus(LEEWAY) > now);
        if expires_at <= now || too_early || !is_subject(&claims.sub) {
            return Err(invalid());
        }
        Ok(ExternalIdentity {
            issuer: provider.issuer.clone(),
            subject: claims.sub,
            email: claims.email,
            // Some providers write it as a string.
            email_verified: matches!(claims.email_verified, Some(ref v) if v == true || v == "true"),
            expires_at,
        })
    }

    /// The provider's key named `kid`, or its only key if the token names none. Fetches the keys when they are old or
    /// the name is unknown, but no more often than [`FETCH_AT_MOST_EVERY`].
    async fn key(&self, provider: &IdentityProvider, kid: Option<&str>) -> Result<Option<Jwk>, Error> {
        let keys = self.keys.lock().await.entry(provider.jwks_url.clone()).or_default().clone();
        let mut keys = keys.lock().await;
        let now = self.clock.now();
        let fresh = keys.fetched_at.is_some_and(|at| at.plus(KEYS_KEPT_FOR) > now);
        let known = keys.set.as_ref().and_then(|set| pick(set, kid));
        if let Some(known) = &known
            && fresh
        {
            return Ok(Some(known.clone()));
        }
        if keys.tried_at.is_none_or(|at| at.plus(FETCH_AT_MOST_EVERY) <= now) {
            keys.tried_at = Some(now);
            match self.fetch(&provider.jwks_url).await {
                Ok(set) => {
                    keys.set = Some(set);
                    keys.fetched_at = Some(now);
                }
                // Keys that were good stay good while their provider is away.
                Err(problem) => {
                    tracing::warn!(issuer = provider.issuer, problem, "cannot fetch an identity provider's keys");
                }
            }
        }
        match &keys.set {
            Some(set) => Ok(pick(set, kid)),
            None => Err(Error::Busy { retry_after: FETCH_AT_MOST_EVERY }),
        }
    }

    async fn fetch(&self, url: &str) -> Result<JwkSet, String> {
        let mut response = self.client.get(url).send().await.map_err(|e| e.to_string())?;
        if !response.status().is_success() {
            return Err(format!("it answered {}", response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| e.to_string())? {
            if body.len() + chunk.len() > KEYS_MAX_BYTES {
                return Err("its key set is too large".to_owned());
            }
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&body).map_err(|e| e.to_string())
    }
}

/// Whether a token of this `typ` is one to sign in with. Providers sign other things with the same keys and for the same
/// audience, the notice of a sign-out for example (RFC 8725, 3.11).
fn says_who_somebody_is(typ: Option<&str>) -> bool {
    let Some(typ) = typ else { return true };
    let short = typ.get(..12).filter(|prefix| prefix.eq_ignore_ascii_case("application/")).map_or(typ, |_| &typ[12..]);
    ["jwt", "at+jwt"].iter().any(|known| short.eq_ignore_ascii_case(known))
}

/// Whether `sub` can name a user: something, as long as OpenID Connect lets it be, that every database can hold.
fn is_subject(sub: &str) -> bool {
    !sub.is_empty() && sub.chars().count() <= SUBJECT_MAX_CHARS && !sub.contains('\0')
}

fn pick(set: &JwkSet, kid: Option<&str>) -> Option<Jwk> {
    let key = match kid {
        Some(kid) => set.find(kid),
        None if set.keys.len() == 1 => set.keys.first(),
        None => None,
    };
    // A key that is published for encryption must not vouch for anybody.
    key.filter(|key| matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature))).cloned()
}

#[expect(clippy::cast_possible_truncation, reason = "a time too far off for a timestamp becomes the farthest there is")]
fn moment(seconds: f64) -> Timestamp {
    Timestamp((seconds * 1e6) as i64)
}
