//! Endpoint 11: a session goes on. Refresh tokens rotate, and one that comes twice was stolen.

use crate::domain::user::Application;
use crate::domain::{Error, SessionId, Timestamp, UserId};
use crate::identity::token::RefreshHash;
use crate::storage::Tx;
use crate::storage::queries::{sessions, users};

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The session goes on with the next token.
    Granted { user: UserId, session: SessionId },
    /// The token is unknown, expired, revoked, or was used before; in the last case its whole family is revoked now.
    /// This is no `Err`, which would undo the revocation.
    Refused,
}

/// Uses the token `presented` up and puts `next` in its place.
///
/// # Errors
/// When the database fails.
pub fn refresh_session(
    tx: &mut dyn Tx,
    application: Application,
    presented: &RefreshHash,
    next: &RefreshHash,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<Refreshed, Error> {
    let workspace = application.workspace;
    let used_up = sessions::use_token(tx, workspace, presented, at)?;
    let Some(token) = sessions::by_token(tx, workspace, presented)? else { return Ok(Refreshed::Refused) };
    let Some(session) = used_up else {
        if token.used && !token.session_revoked {
            sessions::revoke(tx, workspace, token.session, at)?;
            tx.bump_revision()?;
        }
        return Ok(Refreshed::Refused);
    };
    let active = users::by_id(tx, workspace, token.user)?.is_some_and(|user| user.active);
    if token.session_revoked || !active {
        return Ok(Refreshed::Refused);
    }
    sessions::add_token(tx, workspace, session, next, expires_at)?;
    Ok(Refreshed::Granted { user: token.user, session })
}
