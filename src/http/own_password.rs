//! The password of who calls, which they give again before they change it.

use super::extract::ClientAddress;
use super::{ApiError, AppState};
use crate::app::desk::manage::own_account;
use crate::domain::user::Requester;
use crate::domain::{AuthFailure, Error};

/// Holds `given` against the account of `staff`, as signing in does: what is wrong counts as a failed sign-in. Gives the hash
/// of the password that was seen to be known; `None` if it is not the current one.
///
/// # Errors
/// As the use case; a 429 when too many attempts have failed; 503 when too many wait.
pub async fn known_password(
    app: &AppState,
    staff: &Requester,
    address: ClientAddress,
    given: String,
) -> Result<Option<String>, ApiError> {
    let staff = *staff;
    let account = app.store().read(move |tx| own_account::credentials(tx, &staff)).await?;
    let attempt = app.login_failures().begin(staff.workspace, &account.email, address.0, app.clock()).await?;
    let known = account.password_hash;
    let outcome = match app.sign_in().passwords.verify(given, known.clone()).await {
        Ok(true) => Ok(known),
        Ok(false) => Err(Error::Unauthenticated(AuthFailure::WrongCredentials)),
        Err(error) => Err(error),
    };
    attempt.ended(&outcome).await;
    match outcome {
        Err(Error::Unauthenticated(_)) => Ok(None),
        other => Ok(other?),
    }
}
