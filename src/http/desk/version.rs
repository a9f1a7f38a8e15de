//! Versions: `ETag`, and `If-Match` against lost changes (RFC 9110, 8.8.3 and 13.1.1).

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderValue, header};
use serde::Serialize;

use super::problem::DeskError;
use crate::domain::{Error, EventId};
use crate::http::AppState;

/// What the client says it has seen, if it says so.
#[derive(Clone, Debug)]
pub struct IfMatch(Option<String>);

impl IfMatch {
    /// The version that a form says it showed; what says none has seen nothing.
    pub fn of_form(shown: Option<String>) -> Self {
        Self(Some(shown.unwrap_or_default()))
    }

    /// The last event of a ticket that the client has seen; `None` if it does not matter.
    ///
    /// # Errors
    /// [`Error::ChangedSince`] when it is no version of a ticket.
    pub fn event(&self) -> Result<Option<EventId>, Error> {
        let Some(tag) = &self.0 else { return Ok(None) };
        tag.parse().map(|id| Some(EventId(id))).map_err(|_| Error::ChangedSince)
    }

    /// Goes on if the client has seen what `current` is the version of, or if it does not matter.
    ///
    /// # Errors
    /// [`Error::ChangedSince`].
    pub fn demand(&self, current: &str) -> Result<(), Error> {
        match &self.0 {
            Some(tag) if tag != current => Err(Error::ChangedSince),
            _ => Ok(()),
        }
    }

    /// Goes on if the client has seen what is presented as `body`, or if it does not matter.
    ///
    /// # Errors
    /// [`Error::ChangedSince`].
    pub fn demand_of(&self, body: &impl Serialize) -> Result<(), Error> {
        self.demand(&of_bytes(&serde_json::to_vec(body).map_err(Error::internal)?))
    }
}

impl FromRequestParts<AppState> for IfMatch {
    type Rejection = DeskError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, DeskError> {
        let mut given = parts.headers.get_all(header::IF_MATCH).iter();
        let (Some(tag), None) = (given.next(), given.next()) else { return Ok(Self(None)) };
        let tag = tag.to_str().map(str::trim).unwrap_or_default();
        if tag == "*" {
            return Ok(Self(None));
        }
        // A weak tag, several tags, and what is none: nothing here has such a version.
        let tag = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).ok_or(Error::ChangedSince)?;
        Ok(Self(Some(tag.to_owned())))
    }
}

/// The `ETag` of what has this version.
pub fn etag(version: &str) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).expect("versions are digits and letters")
}

/// The version of what is presented by these bytes.
pub fn of_bytes(bytes: &[u8]) -> String {
    hex::encode(&crate::identity::apikey::sha256(bytes)[..16])
}
