//! Somebody signs in with a browser, to the desk or to the help pages, and is known there by a cookie until the session
//! ends.

use super::desk::rights::{Right, demand};
use super::log_in;
use crate::domain::user::{Requester, Role};
use crate::domain::workspace::Workspace;
use crate::domain::{AuthFailure, Error, SessionId, Timestamp, WorkspaceId};
use crate::storage::Tx;
use crate::storage::queries::users::User;
use crate::storage::queries::{browser_cookies, sessions, workspaces};

pub use crate::storage::queries::browser_cookies::CookieHolder;

/// SHA-256 of a cookie.
pub type CookieHash = [u8; 32];

/// Where one comes in with a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// To the console, for staff.
    Desk,
    /// To the help pages, for customers.
    Help,
}

impl Door {
    /// Goes on only if `who` may come in here. Nobody may at both doors, so that a session of one is none at the other.
    fn demand(self, who: &Requester) -> Result<(), Error> {
        match self {
            Self::Desk => demand(who, Right::ReadTickets),
            Self::Help if who.role == Role::Customer => Ok(()),
            Self::Help => Err(Error::Forbidden),
        }
    }
}

/// The workspace called `name`; without a name the only one there is. `None` when that is none, or one of several.
///
/// # Errors
/// When the database fails.
pub fn workspace(tx: &mut dyn Tx, name: Option<&str>) -> Result<Option<Workspace>, Error> {
    if let Some(name) = name {
        return Ok(workspaces::by_name(tx, name)?);
    }
    let mut all = workspaces::list(tx)?;
    Ok(all.pop().filter(|_| all.is_empty()))
}

/// Starts the session of an admitted user, kept by one cookie.
///
/// # Errors
/// [`AuthFailure::InactiveAccount`], [`AuthFailure::WrongCredentials`] as [`log_in::readmit`]; [`Error::Forbidden`] when
/// this is not the user's door.
pub fn begin(
    tx: &mut dyn Tx,
    door: Door,
    workspace: WorkspaceId,
    admitted: &User,
    cookie: &CookieHash,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<SessionId, Error> {
    let user = log_in::readmit(tx, workspace, admitted)?;
    door.demand(&Requester { workspace, user: user.id, role: user.role })?;
    let session = sessions::insert(tx, workspace, user.id, at, expires_at)?;
    browser_cookies::insert(tx, workspace, session, cookie, expires_at)?;
    Ok(session)
}

/// Ends the session that the cookie keeps, if it does.
///
/// # Errors
/// When the database fails.
pub fn end(tx: &mut dyn Tx, cookie: &CookieHash, at: Timestamp) -> Result<(), Error> {
    if let Some(holder) = browser_cookies::holder(tx, cookie, at)? {
        sessions::revoke(tx, holder.requester.workspace, holder.session, at)?;
        tx.bump_revision()?;
    }
    Ok(())
}

/// Who holds the cookie.
///
/// # Errors
/// [`AuthFailure::InvalidToken`] when its session ended or its user is locked out; [`Error::Forbidden`] when this is not
/// the user's door.
pub fn holder(tx: &mut dyn Tx, door: Door, cookie: &CookieHash, at: Timestamp) -> Result<CookieHolder, Error> {
    let holder = browser_cookies::holder(tx, cookie, at)?;
    let holder = holder.ok_or(Error::Unauthenticated(AuthFailure::InvalidToken))?;
    door.demand(&holder.requester)?;
    Ok(holder)
}
