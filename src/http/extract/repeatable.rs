//! `Idempotency-Key` (contract, "Beyond the reference, on every write").

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::caller::Caller;
use super::form::Form;
use crate::app::idempotency::{KEY_MAX_CHARS, Repeatable};
use crate::domain::user::{Application, Requester};
use crate::domain::{Error, Problem};
use crate::http::{ApiError, AppState};

const HEADER: &str = "Idempotency-Key";

/// The key that a client gave, if any.
#[derive(Clone, Debug)]
pub struct IdempotencyKey(Option<String>);

impl IdempotencyKey {
    /// The key that a form of our own carries in a field. What cannot be one counts for none.
    pub fn of_form(form: &Form, field: &str) -> Self {
        Self(form.parameter(field).filter(|key| key.len() <= KEY_MAX_CHARS && !key.contains('\0')))
    }

    /// The user's request that `form` makes to `route`, to be answered once.
    pub fn of_user(self, caller: &Caller, app: &AppState, route: &str, form: &Form) -> Option<Repeatable> {
        Some(Repeatable {
            workspace: caller.requester.workspace,
            principal: format!("user:{}", caller.requester.user),
            fingerprint: self.0.as_ref().map(|_| form.fingerprint(app.secret(), route))?,
            key: self.0?,
        })
    }

    /// The user's request that has this fingerprint.
    pub fn of_requester(self, requester: &Requester, fingerprint: [u8; 32]) -> Option<Repeatable> {
        let principal = format!("user:{}", requester.user);
        Some(Repeatable { workspace: requester.workspace, principal, fingerprint, key: self.0? })
    }

    /// The request of an application without a user.
    pub fn of_application(
        self,
        application: Application,
        app: &AppState,
        route: &str,
        form: &Form,
    ) -> Option<Repeatable> {
        Some(Repeatable {
            workspace: application.workspace,
            principal: format!("application:{}", application.id),
            fingerprint: self.0.as_ref().map(|_| form.fingerprint(app.secret(), route))?,
            key: self.0?,
        })
    }
}

impl FromRequestParts<AppState> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(HEADER) else { return Ok(Self(None)) };
        let problem = match value.to_str().map(str::trim) {
            Ok("") => Problem::Blank,
            Ok(key) if key.len() > KEY_MAX_CHARS => Problem::TooLong(KEY_MAX_CHARS),
            Ok(key) => return Ok(Self(Some(key.to_owned()))),
            Err(_) => Problem::NotPrintable,
        };
        Err(Error::invalid(HEADER, problem).into())
    }
}
