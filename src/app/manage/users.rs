//! Users.

use super::taken;
use crate::domain::user::{Email, Person, Role};
use crate::domain::{Error, Timestamp, UserId, WorkspaceId};
use crate::storage::Tx;
use crate::storage::queries::users::{NewUser, User};
use crate::storage::queries::{people, sessions, users};

/// Adds a user who signs in with a password.
///
/// # Errors
/// When the address is taken.
pub fn add(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    email: &Email,
    role: Role,
    password_hash: &str,
    at: Timestamp,
) -> Result<UserId, Error> {
    let new = NewUser { workspace, email, role, password_hash: Some(password_hash), identity: None, at };
    users::insert(tx, new)?.ok_or_else(|| taken("user", email.as_str()))
}

/// Names a user.
///
/// # Errors
/// [`Error::NotFound`].
pub fn set_name(tx: &mut dyn Tx, workspace: WorkspaceId, id: UserId, name: &str) -> Result<(), Error> {
    let person = people::lock(tx, workspace, id)?.ok_or(Error::NotFound)?;
    Ok(people::set(tx, workspace, &Person { name: name.to_owned(), ..person })?)
}

/// The workspace's users, oldest first.
///
/// # Errors
/// When the database fails.
pub fn list(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<Vec<User>, Error> {
    Ok(users::list(tx, workspace)?)
}

/// The user with this address.
///
/// # Errors
/// A sentence that says how to see which there are.
pub fn find(tx: &mut dyn Tx, workspace: WorkspaceId, email: &Email) -> Result<User, Error> {
    users::by_email(tx, workspace, email)?.ok_or_else(|| {
        Error::Misuse(format!(
            "there is no user \"{}\" in this workspace: `ferrodesk user list` shows those there are",
            email.as_str()
        ))
    })
}

/// Gives a user another password, and ends all sessions.
///
/// # Errors
/// When there is no such user.
pub fn set_password(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    email: &Email,
    password_hash: &str,
    at: Timestamp,
) -> Result<(), Error> {
    let user = find(tx, workspace, email)?;
    users::set_password(tx, workspace, user.id, password_hash)?;
    sessions::revoke_of_user(tx, workspace, user.id, at)?;
    tx.bump_revision()?;
    Ok(())
}

/// Lets a user in again, or locks one out and ends all sessions.
///
/// # Errors
/// When there is no such user.
pub fn set_active(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    email: &Email,
    active: bool,
    at: Timestamp,
) -> Result<(), Error> {
    let user = find(tx, workspace, email)?;
    users::set_active(tx, workspace, user.id, active)?;
    if !active {
        sessions::revoke_of_user(tx, workspace, user.id, at)?;
    }
    tx.bump_revision()?;
    Ok(())
}
