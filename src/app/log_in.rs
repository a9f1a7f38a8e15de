//! Endpoint 10: a user signs in. The password is checked between the two functions here, outside any transaction,
//! because that takes long on purpose.

use crate::domain::user::{Application, Email};
use crate::domain::{AuthFailure, Error, SessionId, Timestamp};
use crate::identity::token::RefreshHash;
use crate::storage::Tx;
use crate::storage::queries::users::User;
use crate::storage::queries::{sessions, users};

/// The account that `username` signs in to, if there is one.
///
/// # Errors
/// When the database fails.
pub fn account(tx: &mut dyn Tx, application: Application, username: &str) -> Result<Option<User>, Error> {
    match Email::parse(username) {
        Ok(email) => Ok(users::by_email(tx, application.workspace, &email)?),
        Err(_) => Ok(None),
    }
}

/// Whether the account may sign in, given that the password did or did not match.
///
/// # Errors
/// [`AuthFailure::WrongCredentials`] for an unknown account and for a wrong password alike;
/// [`AuthFailure::InactiveAccount`] only to who knows the password.
pub fn admit(account: Option<User>, password_matches: bool) -> Result<User, Error> {
    match account {
        Some(user) if password_matches && user.active => Ok(user),
        Some(_) if password_matches => Err(Error::Unauthenticated(AuthFailure::InactiveAccount)),
        _ => Err(Error::Unauthenticated(AuthFailure::WrongCredentials)),
    }
}

/// Starts a session of an admitted user, kept going by one refresh token.
///
/// # Errors
/// [`AuthFailure::InactiveAccount`] when the account was deactivated meanwhile, [`AuthFailure::WrongCredentials`] when
/// its password was changed since it was checked.
pub fn start_session(
    tx: &mut dyn Tx,
    application: Application,
    admitted: &User,
    refresh: &RefreshHash,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<SessionId, Error> {
    let workspace = application.workspace;
    let same_password = |now: &User| now.password_hash == admitted.password_hash;
    let now = users::lock(tx, workspace, admitted.id)?;
    let user = admit(now.clone(), now.as_ref().is_some_and(same_password))?;
    let session = sessions::insert(tx, workspace, user.id, at, expires_at)?;
    sessions::add_token(tx, workspace, session, refresh, expires_at)?;
    Ok(session)
}
