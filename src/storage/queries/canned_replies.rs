//! Canned replies.

use super::{Param, Row, StorageError, Tx, collect, first, statements};
use crate::domain::shortcut::CannedReply;
use crate::domain::{CannedReplyId, Timestamp, UserId, WorkspaceId};

statements! {
    LIST = "SELECT id, owner_id, shortcut, body, created_at FROM canned_reply
              WHERE workspace_id = $1 AND (owner_id IS NULL OR owner_id = $2) ORDER BY shortcut, id";
    BY_ID = "SELECT id, owner_id, shortcut, body, created_at FROM canned_reply WHERE workspace_id = $1 AND id = $2";
    LOCK = "UPDATE canned_reply SET shortcut = shortcut WHERE workspace_id = $1 AND id = $2
              RETURNING id, owner_id, shortcut, body, created_at";
    INSERT = "INSERT INTO canned_reply (workspace_id, owner_id, shortcut, body, created_at) VALUES ($1, $2, $3, $4, $5)
              ON CONFLICT DO NOTHING RETURNING id";
    SET = "UPDATE canned_reply SET shortcut = $1, body = $2 WHERE workspace_id = $3 AND id = $4";
    DELETE = "DELETE FROM canned_reply WHERE workspace_id = $1 AND id = $2";
}

/// Everybody's canned replies and those of `user`, by shortcut.
pub fn list(tx: &mut dyn Tx, workspace: WorkspaceId, user: UserId) -> Result<Vec<CannedReply>, StorageError> {
    collect(tx, LIST, &[Param::Int(workspace.0), Param::Int(user.0)], read)
}

/// The canned reply with this id, whoever's it is.
pub fn by_id(tx: &mut dyn Tx, workspace: WorkspaceId, id: CannedReplyId) -> Result<Option<CannedReply>, StorageError> {
    first(tx, BY_ID, &[Param::Int(workspace.0), Param::Int(id.0)], read)
}

/// The canned reply with this id, which stays as it is until the transaction ends.
pub fn lock(tx: &mut dyn Tx, workspace: WorkspaceId, id: CannedReplyId) -> Result<Option<CannedReply>, StorageError> {
    first(tx, LOCK, &[Param::Int(workspace.0), Param::Int(id.0)], read)
}

/// Adds a canned reply; `None` when its owner, or everybody, has one with this shortcut.
pub fn insert(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    owner: Option<UserId>,
    shortcut: &str,
    body: &str,
    at: Timestamp,
) -> Result<Option<CannedReplyId>, StorageError> {
    let owner = Param::opt_int(owner.map(|owner| owner.0));
    let params = [Param::Int(workspace.0), owner, Param::Text(shortcut), Param::Text(body), Param::Int(at.0)];
    first(tx, INSERT, &params, |row| row.int(0).map(CannedReplyId))
}

/// Changes a canned reply.
pub fn set(tx: &mut dyn Tx, workspace: WorkspaceId, reply: &CannedReply) -> Result<(), StorageError> {
    let params =
        [Param::Text(&reply.shortcut), Param::Text(&reply.body), Param::Int(workspace.0), Param::Int(reply.id.0)];
    tx.execute_later(SET, &params)
}

/// Deletes a canned reply.
pub fn delete(tx: &mut dyn Tx, workspace: WorkspaceId, id: CannedReplyId) -> Result<(), StorageError> {
    tx.execute_later(DELETE, &[Param::Int(workspace.0), Param::Int(id.0)])
}

fn read(row: &dyn Row) -> Result<CannedReply, StorageError> {
    Ok(CannedReply {
        id: CannedReplyId(row.int(0)?),
        owner: row.opt_int(1)?.map(UserId),
        shortcut: row.text(2)?.to_owned(),
        body: row.text(3)?.to_owned(),
        created_at: Timestamp(row.int(4)?),
    })
}
