//! Query strings with a few parameters.

use std::collections::BTreeMap;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::problem::DeskError;
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
