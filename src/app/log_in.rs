//! Endpoint 10: a user signs in. The password is checked between the two functions here, outside any transaction,
//! because that takes long on purpose.

use crate::domain::user::{Application, Email};
use crate::domain::{AuthFailure, Error, SessionId, Timestamp, WorkspaceId};
use crate::identity::token::RefreshHash;
use crate::storage::Tx;
use crate::storage::queries::users::User;
use crate::storage::queries::{sessions, users};

/// The account that `username` signs in to, if there is one.
///
/// # Errors
/// When the database fails.
pub fn account(tx: &mut dyn Tx, workspace: WorkspaceId, username: &str) -> Result<Option<User>, Error> {
    match Email::parse(username) {
        Ok(email) => Ok(users::by_email(tx, workspace, &email)?),
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

/// Looks again at a user whose password was checked a while ago. They stay as they are until the transaction ends.
///
/// # Errors
/// [`AuthFailure::InactiveAccount`] when the account was deactivated meanwhile, [`AuthFailure::WrongCredentials`] when
/// its password was changed since it was checked.
pub fn readmit(tx: &mut dyn Tx, workspace: WorkspaceId, admitted: &User) -> Result<User, Error> {
    let same_password = |now: &User| now.password_hash == admitted.password_hash;
    let now = users::lock(tx, workspace, admitted.id)?;
    admit(now.clone(), now.as_ref().is_some_and(same_password))
}

/// Starts a session of an admitted user, kept going by one refresh token.
///
/// # Errors
/// As [`readmit`].
pub fn start_session(
    tx: &mut dyn Tx,
    application: Application,
    admitted: &User,
    refresh: &RefreshHash,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<SessionId, Error> {
    let workspace = application.workspace;
    let user = readmit(tx, workspace, admitted)?;
    let session = sessions::insert(tx, workspace, user.id, at, expires_at)?;
    sessions::add_token(tx, workspace, session, refresh, expires_at)?;
    Ok(session)
}
