//! JSON bodies: strict, bounded, and wrong in words that name the field.

use std::fmt;

use axum::extract::{FromRequest, Request};
use http::header;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};

use super::problem::DeskError;
use crate::domain::user::Email;
use crate::domain::{Timestamp, text};
use crate::http::extract::{BodyReader, PLAIN_BODY_MAX_BYTES};
use crate::http::{ApiError, AppState};
use crate::identity::apikey::sha256;

/// A JSON body, and what tells it from others.
#[derive(Clone, Debug)]
pub struct Json<T> {
    pub value: T,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
}

impl<T: DeserializeOwned> FromRequest<AppState> for Json<T> {
    type Rejection = DeskError;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, DeskError> {
        let (parts, body) = request.into_parts();
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|t| t.to_str().ok()).unwrap_or_default();
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(ApiError::unsupported_media_type(content_type).into());
        }
        let mut reader = BodyReader::new(body, PLAIN_BODY_MAX_BYTES, app);
        if reader.is_too_large() {
            return Err(crate::domain::Error::TooLarge.into());
        }
        let _memory = reader.share_of_memory(app).await?;
        let bytes = reader.all(|_| Ok(())).await?;
        let value = parse(&bytes)?;
        Ok(Self { value, digest: sha256(&bytes) })
    }
}

/// Reads `bytes` as `T`. serde_json takes at most 128 levels.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if !inner.is_data() {
            return ApiError::parse(format!("The body is no JSON: {inner}."));
        }
        let sentence = sentence(&inner);
        // The name of a field that is missing or unknown is in serde's words alone.
        let named = sentence.split('`').nth(1).filter(|_| sentence.contains(" field `")).map(str::to_owned);
        let field = match (named, path.as_str()) {
            (Some(name), "." | "") => name,
            (Some(name), path) if path.rsplit('.').next() == Some(&name) => path.to_owned(),
            (Some(name), path) => format!("{path}.{name}"),
            (None, "." | "") => return ApiError::invalid_body(sentence),
            (None, path) => path.to_owned(),
        };
        ApiError::field(field, sentence)
    })?;
    reader.end().map_err(|error| ApiError::parse(format!("The body is more than one JSON value: {error}.")))?;
    Ok(value)
}

/// serde's message without the place in the text and without the value, which may be a password, as a sentence.
fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text).trim_end_matches('.');
    let repeats_the_value = text.starts_with("invalid type: ") || text.starts_with("invalid value: ");
    let text = text.rfind("expected ").filter(|_| repeats_the_value).map_or(text, |at| &text[at..]);
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// For a field that may be absent, null, or a value: `None`, `Some(None)`, `Some(Some(_))`. Goes with `default`.
///
/// # Errors
/// When the value is none of `T`.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Text without NUL and without white space around it, of `MIN` to `MAX` characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text<const MIN: usize, const MAX: usize>(pub String);

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for Text<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let given = String::deserialize(from)?;
        let trimmed = text::trim(&given);
        if trimmed.contains('\0') {
            return Err(D::Error::custom("null characters are not allowed"));
        }
        let characters = trimmed.chars().count();
        if characters > MAX {
            return Err(D::Error::custom(format!("it must have no more than {MAX} characters")));
        }
        if characters < MIN {
            return Err(D::Error::custom("it may not be blank"));
        }
        Ok(Self(trimmed.to_owned()))
    }
}

/// An e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(pub Email);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let given = String::deserialize(from)?;
        if given.contains('\0') {
            return Err(D::Error::custom("null characters are not allowed"));
        }
        Email::parse(&given).map(Self).map_err(D::Error::custom)
    }
}

/// A password in the clear. It has no `Debug` that would show it.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A moment, as RFC 3339 writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

impl Moment {
    /// Reads a moment with its offset, such as `2026-11-24T09:00:00Z`.
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        let moment: jiff::Timestamp = given.parse().ok()?;
        Some(Self(Timestamp(moment.as_microsecond())))
    }
}

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let moment = jiff::Timestamp::from_microsecond(self.0.0).map_err(serde::ser::Error::custom)?;
        to.collect_str(&moment)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let given = String::deserialize(from)?;
        Self::parse(&given).ok_or_else(|| D::Error::custom("it must be a time such as 2026-11-24T09:00:00Z (RFC 3339)"))
    }
}
