//! Answers, and those that are kept for a repeat with the same `Idempotency-Key`.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::caller::Staff;
use super::problem::DeskError;
use super::version;
use crate::app::idempotency::Repeatable;
use crate::domain::{Error, Timestamp};
use crate::http::envelope;
use crate::http::extract::IdempotencyKey;
use crate::http::once::{once, once_in_secret};
use crate::http::{ApiError, AppState, security_headers};
use crate::storage::Tx;

/// An answer: enough to give it again.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    status: u16,
    etag: Option<String>,
    location: Option<String>,
    body: Box<RawValue>,
}

impl Answer {
    /// 200 with this body.
    ///
    /// # Errors
    /// When it cannot be written as JSON, which is our fault.
    pub fn ok(body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::value::to_raw_value(body).map_err(Error::internal)?;
        Ok(Self { status: 200, etag: None, location: None, body })
    }

    /// 200 with this body, whose bytes make up its version.
    ///
    /// # Errors
    /// As [`Answer::ok`].
    pub fn versioned(body: &impl Serialize) -> Result<Self, Error> {
        Ok(Self::ok(body)?.with_own_version())
    }

    /// 204: it is done, and there is nothing to show.
    #[must_use]
    pub fn nothing() -> Self {
        Self { status: 204, etag: None, location: None, body: RawValue::NULL.to_owned() }
    }

    /// 201 with this body, which is to be found at `location` below the API's base.
    ///
    /// # Errors
    /// As [`Answer::ok`].
    pub fn created(body: &impl Serialize, location: String) -> Result<Self, Error> {
        Ok(Self::ok(body)?.at(location))
    }

    /// 201 instead, for what is to be found at `location` below the API's base.
    #[must_use]
    pub fn at(self, location: String) -> Self {
        Self { status: 201, location: Some(location), ..self }
    }

    /// With the version of what was answered.
    #[must_use]
    pub fn with_version(mut self, version: impl std::fmt::Display) -> Self {
        self.etag = Some(version.to_string());
        self
    }

    /// With a version that its bytes make up.
    #[must_use]
    pub fn with_own_version(self) -> Self {
        let version = version::of_bytes(self.body.get().as_bytes());
        self.with_version(version)
    }

    /// The answer as it is sent.
    pub fn present(self, app: &AppState) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = if status == StatusCode::NO_CONTENT {
            status.into_response()
        } else {
            envelope::json(status, Box::<str>::from(self.body).into_string())
        };
        let headers = response.headers_mut();
        security_headers::on_versioned(headers);
        if let Some(version) = &self.etag {
            headers.insert(header::ETAG, version::etag(version));
        }
        if let Some(location) = self.location.and_then(|path| HeaderValue::try_from(app.link(&path)).ok()) {
            headers.insert(header::LOCATION, location);
        }
        response
    }
}

/// What makes a request one that may come again: its `Idempotency-Key`, method and address.
#[derive(Clone, Debug)]
pub struct Repeat {
    key: IdempotencyKey,
    method: Method,
    path: String,
}

impl Repeat {
    /// The request with a body of this digest.
    pub fn request(self, staff: &Staff, app: &AppState, digest: &[u8]) -> Option<Repeatable> {
        let parts = [b"desk", self.method.as_str().as_bytes(), self.path.as_bytes(), digest];
        let fingerprint = app.secret().authenticate(&parts);
        self.key.of_requester(&staff.0, fingerprint)
    }
}

impl FromRequestParts<AppState> for Repeat {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let key = IdempotencyKey::from_request_parts(parts, app).await?;
        Ok(Self { key, method: parts.method.clone(), path: parts.uri.path().to_owned() })
    }
}

/// Lets `effect` come to pass, once for all repeats of `request`, and presents its answer when it is durable.
///
/// # Errors
/// What `effect` gives.
pub async fn answer_once(
    app: &AppState,
    request: Option<Repeatable>,
    at: Timestamp,
    effect: impl Fn(&mut dyn Tx) -> Result<Answer, Error> + Send + 'static,
) -> Result<Response, DeskError> {
    Ok(once(app, request, at, effect).await?.present(app))
}

/// As [`answer_once`], for an answer that holds a secret: what is kept of it is encrypted.
///
/// # Errors
/// What `effect` gives.
pub async fn answer_once_in_secret(
    app: &AppState,
    request: Option<Repeatable>,
    at: Timestamp,
    effect: impl Fn(&mut dyn Tx) -> Result<Answer, Error> + Send + 'static,
) -> Result<Response, DeskError> {
    Ok(once_in_secret(app, request, at, effect).await?.present(app))
}
