//! Tokens of this server: access tokens (JWT, RFC 7519) and refresh tokens (random).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::apikey::sha256;
use super::secret::Secret;
use crate::app::authenticate::AccessClaims;
use crate::domain::entropy::random_bytes;
use crate::domain::{Entropy, SessionId, Timestamp, UserId, WorkspaceId};

/// The `iss` of our tokens.
pub const ISSUER: &str = "ferrodesk";

/// The `aud` of our tokens.
const AUDIENCE: &str = "ferrodesk-api";

/// The `token_type` of access tokens; no other kind passes for one.
const ACCESS: &str = "access";

/// The `typ` of our tokens.
const JWT: &str = "JWT";

/// How long an access token is good for.
pub const ACCESS_LIFETIME: Duration = Duration::from_mins(15);

/// How long a refresh token waits to be used.
pub const REFRESH_LIFETIME: Duration = Duration::from_hours(14 * 24);

/// SHA-256 of a refresh token, which is what is stored.
pub type RefreshHash = [u8; 32];

/// Issues and verifies access tokens.
pub struct AccessTokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    token_type: String,
    sub: String,
    #[serde(rename = "ws")]
    workspace: i64,
    #[serde(rename = "sid")]
    session: i64,
    iat: i64,
    exp: i64,
}

impl AccessTokens {
    /// Tokens signed with a key derived from the installation's secret.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        let key = secret.derive("access token");
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // Time is compared below, with the clock that is passed in.
        validation.validate_exp = false;
        Self { encoding: EncodingKey::from_secret(&key), decoding: DecodingKey::from_secret(&key), validation }
    }

    /// A token for a user's session.
    #[must_use]
    pub fn issue(&self, workspace: WorkspaceId, user: UserId, session: SessionId, at: Timestamp) -> String {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            token_type: ACCESS.to_owned(),
            sub: user.to_string(),
            workspace: workspace.0,
            session: session.0,
            iat: at.seconds(),
            exp: at.plus(ACCESS_LIFETIME).seconds(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .expect("claims of strings and numbers can be encoded")
    }

    /// What a token says, if it is ours, of this kind, and not expired.
    #[must_use]
    pub fn verify(&self, token: &str, at: Timestamp) -> Option<AccessClaims> {
        let decoded = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation).ok()?;
        let (header, claims) = (decoded.header, decoded.claims);
        // We understand no extension, and `crit` names those that must be (RFC 7515, 4.1.11).
        if header.typ.as_deref() != Some(JWT) || header.crit.is_some() {
            return None;
        }
        let expires_at = Timestamp::from_seconds(claims.exp);
        if claims.token_type != ACCESS || expires_at <= at {
            return None;
        }
        Some(AccessClaims {
            workspace: WorkspaceId(claims.workspace),
            user: UserId(claims.sub.parse().ok()?),
            session: SessionId(claims.session),
            expires_at,
        })
    }
}

/// A new refresh token of 256 random bits, and its hash.
pub fn new_refresh_token(entropy: &dyn Entropy) -> (String, RefreshHash) {
    let token = format!("fdr_{}", URL_SAFE_NO_PAD.encode(random_bytes::<32>(entropy)));
    let hash = refresh_hash(&token);
    (token, hash)
}

/// The hash by which a presented refresh token is found.
#[must_use]
pub fn refresh_hash(presented: &str) -> RefreshHash {
    sha256(presented.as_bytes())
}
