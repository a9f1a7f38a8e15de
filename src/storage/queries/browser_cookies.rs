//! The cookies of who signed in with a browser. Only their hashes are here. The table has its name from when only the
//! console had cookies.

use super::{Param, StorageError, Tx, first, statements, unexpected};
use crate::domain::user::Requester;
use crate::domain::{SessionId, Timestamp, UserId, WorkspaceId};

statements! {
    INSERT = "INSERT INTO console_cookie (token_hash, workspace_id, session_id, expires_at) VALUES ($1, $2, $3, $4)";
    BY_TOKEN = "SELECT c.workspace_id, c.session_id, c.expires_at, u.id, u.role, u.email, u.name, u.shortcuts, w.name
              FROM console_cookie c
              JOIN session s ON s.id = c.session_id AND s.workspace_id = c.workspace_id
              JOIN app_user u ON u.id = s.user_id AND u.workspace_id = s.workspace_id
              JOIN workspace w ON w.id = c.workspace_id
              WHERE c.token_hash = $1 AND c.expires_at > $2 AND s.revoked_at IS NULL AND u.active = TRUE";
}

/// Who holds a cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieHolder {
    pub requester: Requester,
    pub session: SessionId,
    /// When the cookie expires.
    pub expires_at: Timestamp,
    pub email: String,
    /// Empty if it is not known.
    pub name: String,
    /// Whether single keys do something.
    pub shortcuts: bool,
    /// What the workspace is called.
    pub workspace_name: String,
}

/// Gives a session a cookie.
pub fn insert(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    session: SessionId,
    token_hash: &[u8],
    expires_at: Timestamp,
) -> Result<(), StorageError> {
    let params = [Param::Bytes(token_hash), Param::Int(workspace.0), Param::Int(session.0), Param::Int(expires_at.0)];
    tx.execute_later(INSERT, &params)
}

/// Who holds the cookie, if it has not expired, its session was not revoked and its user is active.
pub fn holder(tx: &mut dyn Tx, token_hash: &[u8], at: Timestamp) -> Result<Option<CookieHolder>, StorageError> {
    first(tx, BY_TOKEN, &[Param::Bytes(token_hash), Param::Int(at.0)], |row| {
        Ok(CookieHolder {
            requester: Requester {
                workspace: WorkspaceId(row.int(0)?),
                user: UserId(row.int(3)?),
                role: row.text(4)?.parse().map_err(|problem: String| unexpected(4, problem))?,
            },
            session: SessionId(row.int(1)?),
            expires_at: Timestamp(row.int(2)?),
            email: row.text(5)?.to_owned(),
            name: row.text(6)?.to_owned(),
            shortcuts: row.bool(7)?,
            workspace_name: row.text(8)?.to_owned(),
        })
    })
}
