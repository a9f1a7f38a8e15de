//! A member of staff signs in to the console, and is known there by a cookie until the session ends.

use super::rights::{Right, demand};
use crate::app::log_in;
use crate::domain::user::Requester;
use crate::domain::{AuthFailure, Error, SessionId, Timestamp, WorkspaceId};
use crate::storage::Tx;
use crate::storage::queries::users::User;
use crate::storage::queries::{console_cookies, sessions, workspaces};

/// SHA-256 of a cookie.
pub type CookieHash = [u8; 32];

/// A member of staff at a console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    pub requester: Requester,
    pub session: SessionId,
    /// When the cookie expires.
    pub expires_at: Timestamp,
    pub email: String,
    /// Empty if it is not known.
    pub name: String,
    /// Whether single keys do something.
    pub shortcuts: bool,
}

/// The workspace called `name`; without a name the only one there is. `None` when that is none, or one of several.
///
/// # Errors
/// When the database fails.
pub fn workspace(tx: &mut dyn Tx, name: Option<&str>) -> Result<Option<WorkspaceId>, Error> {
    if let Some(name) = name {
        return Ok(workspaces::by_name(tx, name)?.map(|workspace| workspace.id));
    }
    match &*workspaces::list(tx)? {
        [only] => Ok(Some(only.id)),
        _ => Ok(None),
    }
}

/// Starts the session of an admitted user, kept by one cookie.
///
/// # Errors
/// [`AuthFailure::InactiveAccount`], [`AuthFailure::WrongCredentials`] as [`log_in::readmit`]; [`Error::Forbidden`] when
/// the user has nothing to do at the desk, as customers have not.
pub fn begin(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    admitted: &User,
    cookie: &CookieHash,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<SessionId, Error> {
    let user = log_in::readmit(tx, workspace, admitted)?;
    demand(&Requester { workspace, user: user.id, role: user.role }, Right::ReadTickets)?;
    let session = sessions::insert(tx, workspace, user.id, at, expires_at)?;
    console_cookies::insert(tx, workspace, session, cookie, expires_at)?;
    Ok(session)
}

/// Ends the session that the cookie keeps, if it does.
///
/// # Errors
/// When the database fails.
pub fn end(tx: &mut dyn Tx, cookie: &CookieHash, at: Timestamp) -> Result<(), Error> {
    if let Some(holder) = console_cookies::holder(tx, cookie, at)? {
        sessions::revoke(tx, holder.workspace, holder.session, at)?;
        tx.bump_revision()?;
    }
    Ok(())
}

/// The member of staff who holds the cookie.
///
/// # Errors
/// [`AuthFailure::InvalidToken`] when its session ended or its user is locked out; [`Error::Forbidden`] when they are no
/// longer staff.
pub fn staff(tx: &mut dyn Tx, cookie: &CookieHash, at: Timestamp) -> Result<Staff, Error> {
    let holder = console_cookies::holder(tx, cookie, at)?;
    let holder = holder.ok_or(Error::Unauthenticated(AuthFailure::InvalidToken))?;
    let requester = Requester { workspace: holder.workspace, user: holder.user, role: holder.role };
    demand(&requester, Right::ReadTickets)?;
    let console_cookies::CookieHolder { session, expires_at, email, name, shortcuts, .. } = holder;
    Ok(Staff { requester, session, expires_at, email, name, shortcuts })
}
