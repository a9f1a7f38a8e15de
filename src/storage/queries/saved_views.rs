//! Saved views.

use super::{Param, Row, StorageError, Tx, collect, first, only, statements};
use crate::domain::shortcut::SavedView;
use crate::domain::{SavedViewId, Timestamp, UserId, WorkspaceId};

statements! {
    LIST = "SELECT id, owner_id, shared, name, query, created_at FROM saved_view
              WHERE workspace_id = $1 AND (shared = TRUE OR owner_id = $2) ORDER BY id";
    BY_ID = "SELECT id, owner_id, shared, name, query, created_at FROM saved_view WHERE workspace_id = $1 AND id = $2";
    LOCK = "UPDATE saved_view SET name = name WHERE workspace_id = $1 AND id = $2
              RETURNING id, owner_id, shared, name, query, created_at";
    INSERT = "INSERT INTO saved_view (workspace_id, owner_id, shared, name, query, created_at) VALUES ($1, $2, $3, $4, $5, $6)
              RETURNING id";
    SET = "UPDATE saved_view SET name = $1, query = $2 WHERE workspace_id = $3 AND id = $4";
    DELETE = "DELETE FROM saved_view WHERE workspace_id = $1 AND id = $2";
}

/// The views that everybody shares and those of `user`, oldest first.
pub fn list(tx: &mut dyn Tx, workspace: WorkspaceId, user: UserId) -> Result<Vec<SavedView>, StorageError> {
    collect(tx, LIST, &[Param::Int(workspace.0), Param::Int(user.0)], read)
}

/// The view with this id, whoever's it is.
pub fn by_id(tx: &mut dyn Tx, workspace: WorkspaceId, id: SavedViewId) -> Result<Option<SavedView>, StorageError> {
    first(tx, BY_ID, &[Param::Int(workspace.0), Param::Int(id.0)], read)
}

/// The view with this id, which stays as it is until the transaction ends.
pub fn lock(tx: &mut dyn Tx, workspace: WorkspaceId, id: SavedViewId) -> Result<Option<SavedView>, StorageError> {
    first(tx, LOCK, &[Param::Int(workspace.0), Param::Int(id.0)], read)
}

/// Saves a view.
pub fn insert(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    owner: UserId,
    shared: bool,
    name: &str,
    query: &str,
    at: Timestamp,
) -> Result<SavedViewId, StorageError> {
    let params = [
        Param::Int(workspace.0),
        Param::Int(owner.0),
        Param::Bool(shared),
        Param::Text(name),
        Param::Text(query),
        Param::Int(at.0),
    ];
    only(tx, INSERT, &params, |row| row.int(0).map(SavedViewId))
}

/// Changes a view.
pub fn set(tx: &mut dyn Tx, workspace: WorkspaceId, view: &SavedView) -> Result<(), StorageError> {
    let params = [Param::Text(&view.name), Param::Text(&view.query), Param::Int(workspace.0), Param::Int(view.id.0)];
    tx.execute_later(SET, &params)
}

/// Deletes a view.
pub fn delete(tx: &mut dyn Tx, workspace: WorkspaceId, id: SavedViewId) -> Result<(), StorageError> {
    tx.execute_later(DELETE, &[Param::Int(workspace.0), Param::Int(id.0)])
}

fn read(row: &dyn Row) -> Result<SavedView, StorageError> {
    Ok(SavedView {
        id: SavedViewId(row.int(0)?),
        owner: UserId(row.int(1)?),
        shared: row.bool(2)?,
        name: row.text(3)?.to_owned(),
        query: row.text(4)?.to_owned(),
        created_at: Timestamp(row.int(5)?),
    })
}
