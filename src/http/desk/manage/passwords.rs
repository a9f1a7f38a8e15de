//! Passwords that come in bodies.

use crate::domain::Error;
use crate::http::desk::body::Password;
use crate::http::desk::problem::DeskError;
use crate::http::error::sentence;
use crate::http::{ApiError, AppState};

/// The hash to store for `password`, which is in `field`.
///
/// # Errors
/// A 400 that names the field; 503 when too many are being hashed.
pub async fn hashed(app: &AppState, field: &'static str, password: &Password) -> Result<String, DeskError> {
    if password.0.contains('\0') {
        return Err(ApiError::field(field, "Null characters are not allowed.").into());
    }
    let sign_in = app.sign_in();
    sign_in.passwords.hash(&password.0, &*sign_in.entropy).await.map_err(|error| match error {
        Error::Misuse(problem) => ApiError::field(field, sentence(&problem)).into(),
        other => other.into(),
    })
}
