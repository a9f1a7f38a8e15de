//! Query strings with a few parameters.

use std::collections::BTreeMap;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::body::Moment;
use super::problem::DeskError;
use crate::domain::Timestamp;
use crate::http::{ApiError, AppState};

/// The parameters of a request, each of which may come once.
#[derive(Clone, Debug, Default)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// Goes on if there are none but these.
    ///
    /// # Errors
    /// A 400 that names the parameter.
    pub fn only(self, known: &[&str]) -> Result<Self, ApiError> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(ApiError::field(unknown.clone(), "There is no such parameter.")),
            None => Ok(self),
        }
    }

    /// The parameter's value, if it was given.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim())
    }

    /// The number that the parameter holds, if it was given.
    ///
    /// # Errors
    /// A 400 that names the parameter.
    pub fn number(&self, name: &'static str) -> Result<Option<i64>, ApiError> {
        let Some(value) = self.text(name) else { return Ok(None) };
        value.parse().map(Some).map_err(|_| ApiError::field(name, "It must be a number."))
    }

    /// The number above 0 that the parameter holds, if it was given.
    ///
    /// # Errors
    /// A 400 that names the parameter.
    pub fn limit(&self, name: &'static str) -> Result<Option<i64>, ApiError> {
        match self.number(name)? {
            Some(..=0) => Err(ApiError::field(name, "It must be a number above 0.")),
            limit => Ok(limit),
        }
    }

    /// Whether the parameter says `true`; it need not be there.
    ///
    /// # Errors
    /// A 400 that names the parameter.
    pub fn flag(&self, name: &'static str) -> Result<bool, ApiError> {
        let Some(value) = self.text(name) else { return Ok(false) };
        value.parse().map_err(|_| ApiError::field(name, "It must be true or false."))
    }

    /// The moment that the parameter holds, if it was given.
    ///
    /// # Errors
    /// A 400 that names the parameter.
    pub fn moment(&self, name: &'static str) -> Result<Option<Timestamp>, ApiError> {
        let Some(value) = self.text(name) else { return Ok(None) };
        let wrong = "It must be a time such as 2026-11-24T09:00:00Z (RFC 3339).";
        Moment::parse(value).map(|moment| Some(moment.0)).ok_or_else(|| ApiError::field(name, wrong))
    }
}

impl FromRequestParts<AppState> for Params {
    type Rejection = DeskError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, DeskError> {
        let mut found = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            if found.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                return Err(ApiError::field(name.into_owned(), "It may be given only once.").into());
            }
        }
        Ok(Self(found))
    }
}
