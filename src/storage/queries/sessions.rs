//! Sessions and the refresh tokens that keep them going.

use super::{Param, StorageError, Tx, first, only, statements};
use crate::domain::{SessionId, Timestamp, UserId, WorkspaceId};

statements! {
    INSERT = "INSERT INTO session (workspace_id, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4) RETURNING id";
    REVOKE = "UPDATE session SET revoked_at = $1 WHERE workspace_id = $2 AND id = $3 AND revoked_at IS NULL";
    REVOKE_OF_USER = "UPDATE session SET revoked_at = $1 WHERE workspace_id = $2 AND user_id = $3 AND revoked_at IS NULL";
    EXTEND = "UPDATE session SET expires_at = $1 WHERE workspace_id = $2 AND id = $3";
    ADD_TOKEN = "INSERT INTO refresh_token (token_hash, workspace_id, session_id, expires_at) VALUES ($1, $2, $3, $4)";
    USE_TOKEN = "UPDATE refresh_token SET used_at = $1 WHERE workspace_id = $2 AND token_hash = $3 AND used_at IS NULL AND expires_at > $4
              RETURNING session_id";
    SESSION_OF_TOKEN = "SELECT r.session_id, s.user_id, s.revoked_at, r.used_at, r.expires_at FROM refresh_token r
              JOIN session s ON s.id = r.session_id AND s.workspace_id = r.workspace_id
              WHERE r.workspace_id = $1 AND r.token_hash = $2";
    SWEEP = "DELETE FROM session WHERE id IN (SELECT id FROM session WHERE expires_at <= $1 LIMIT $2)";
}

/// A refresh token as it stands.
#[derive(Clone, Copy, Debug)]
pub struct RefreshToken {
    pub session: SessionId,
    pub user: UserId,
    pub session_revoked: bool,
    pub used: bool,
    pub expires_at: Timestamp,
}

/// Starts a session that ends at `expires_at` unless it is refreshed.
pub fn insert(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    user: UserId,
    at: Timestamp,
    expires_at: Timestamp,
) -> Result<SessionId, StorageError> {
    let params = [Param::Int(workspace.0), Param::Int(user.0), Param::Int(at.0), Param::Int(expires_at.0)];
    only(tx, INSERT, &params, |row| row.int(0).map(SessionId))
}

/// Ends a session and all its tokens.
pub fn revoke(tx: &mut dyn Tx, workspace: WorkspaceId, session: SessionId, at: Timestamp) -> Result<(), StorageError> {
    tx.execute_later(REVOKE, &[Param::Int(at.0), Param::Int(workspace.0), Param::Int(session.0)])
}

/// Ends every session of a user.
pub fn revoke_of_user(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    user: UserId,
    at: Timestamp,
) -> Result<(), StorageError> {
    tx.execute_later(REVOKE_OF_USER, &[Param::Int(at.0), Param::Int(workspace.0), Param::Int(user.0)])
}

/// Adds a refresh token to a session, which lives at least as long.
pub fn add_token(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    session: SessionId,
    token_hash: &[u8],
    expires_at: Timestamp,
) -> Result<(), StorageError> {
    tx.execute_later(EXTEND, &[Param::Int(expires_at.0), Param::Int(workspace.0), Param::Int(session.0)])?;
    let params = [Param::Bytes(token_hash), Param::Int(workspace.0), Param::Int(session.0), Param::Int(expires_at.0)];
    tx.execute_later(ADD_TOKEN, &params)
}

/// Uses a refresh token up; of several that try at once, one succeeds. `None` when it is used, expired or unknown.
pub fn use_token(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    token_hash: &[u8],
    at: Timestamp,
) -> Result<Option<SessionId>, StorageError> {
    let params = [Param::Int(at.0), Param::Int(workspace.0), Param::Bytes(token_hash), Param::Int(at.0)];
    first(tx, USE_TOKEN, &params, |row| row.int(0).map(SessionId))
}

/// A refresh token and the session that it belongs to.
pub fn by_token(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    token_hash: &[u8],
) -> Result<Option<RefreshToken>, StorageError> {
    first(tx, SESSION_OF_TOKEN, &[Param::Int(workspace.0), Param::Bytes(token_hash)], |row| {
        Ok(RefreshToken {
            session: SessionId(row.int(0)?),
            user: UserId(row.int(1)?),
            session_revoked: row.opt_int(2)?.is_some(),
            used: row.opt_int(3)?.is_some(),
            expires_at: Timestamp(row.int(4)?),
        })
    })
}

/// Deletes up to `limit` sessions, with their tokens, that ended at `not_after` or before; gives how many.
pub fn sweep(tx: &mut dyn Tx, not_after: Timestamp, limit: i64) -> Result<u64, StorageError> {
    tx.execute(SWEEP, &[Param::Int(not_after.0), Param::Int(limit)])
}
