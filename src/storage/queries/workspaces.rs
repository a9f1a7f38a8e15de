//! Workspaces and their settings.

use super::{Param, Row, StorageError, Tx, collect, first, statements};
use crate::domain::workspace::Workspace;
use crate::domain::{Timestamp, WorkspaceId};

statements! {
    BY_ID = "SELECT id, name, open_ticket_limit, reopen_on_reply FROM workspace WHERE id = $1";
    BY_NAME = "SELECT id, name, open_ticket_limit, reopen_on_reply FROM workspace WHERE name = $1";
    LIST = "SELECT id, name, open_ticket_limit, reopen_on_reply FROM workspace ORDER BY id";
    INSERT = "INSERT INTO workspace (name, open_ticket_limit, reopen_on_reply, created_at) VALUES ($1, $2, $3, $4)
              ON CONFLICT (name) DO NOTHING RETURNING id";
    SET = "UPDATE workspace SET open_ticket_limit = COALESCE($1, open_ticket_limit), reopen_on_reply = COALESCE($2, reopen_on_reply)
              WHERE name = $3 RETURNING id, name, open_ticket_limit, reopen_on_reply";
    LOCK = "UPDATE workspace SET reopen_on_reply = reopen_on_reply WHERE id = $1 RETURNING id, name, open_ticket_limit, reopen_on_reply";
    CHANGE = "UPDATE workspace SET name = $1, open_ticket_limit = $2, reopen_on_reply = $3 WHERE id = $4";
}

fn read(row: &dyn Row) -> Result<Workspace, StorageError> {
    Ok(Workspace {
        id: WorkspaceId(row.int(0)?),
        name: row.text(1)?.to_owned(),
        open_ticket_limit: row.int(2)?,
        reopen_on_reply: row.bool(3)?,
    })
}

/// The workspace with this id.
pub fn by_id(tx: &mut dyn Tx, id: WorkspaceId) -> Result<Option<Workspace>, StorageError> {
    first(tx, BY_ID, &[Param::Int(id.0)], read)
}

/// The workspace with this name.
pub fn by_name(tx: &mut dyn Tx, name: &str) -> Result<Option<Workspace>, StorageError> {
    first(tx, BY_NAME, &[Param::Text(name)], read)
}

/// All workspaces, oldest first.
pub fn list(tx: &mut dyn Tx) -> Result<Vec<Workspace>, StorageError> {
    collect(tx, LIST, &[], read)
}

/// Adds a workspace; `None` when the name is taken.
pub fn insert(
    tx: &mut dyn Tx,
    name: &str,
    open_ticket_limit: i64,
    reopen_on_reply: bool,
    at: Timestamp,
) -> Result<Option<WorkspaceId>, StorageError> {
    let params = [Param::Text(name), Param::Int(open_ticket_limit), Param::Bool(reopen_on_reply), Param::Int(at.0)];
    first(tx, INSERT, &params, |row| row.int(0).map(WorkspaceId))
}

/// Changes the settings of the workspace called `name`, where there is one; `None` leaves a setting as it is.
pub fn set(
    tx: &mut dyn Tx,
    name: &str,
    open_ticket_limit: Option<i64>,
    reopen_on_reply: Option<bool>,
) -> Result<Option<Workspace>, StorageError> {
    let reopen_on_reply = reopen_on_reply.map_or(Param::Null, Param::Bool);
    first(tx, SET, &[Param::opt_int(open_ticket_limit), reopen_on_reply, Param::Text(name)], read)
}

/// The workspace with this id, which nobody else locks or changes until the transaction ends.
pub fn lock(tx: &mut dyn Tx, id: WorkspaceId) -> Result<Option<Workspace>, StorageError> {
    first(tx, LOCK, &[Param::Int(id.0)], read)
}

/// Changes a workspace, its name included.
pub fn change(tx: &mut dyn Tx, workspace: &Workspace) -> Result<(), StorageError> {
    let params = [
        Param::Text(&workspace.name),
        Param::Int(workspace.open_ticket_limit),
        Param::Bool(workspace.reopen_on_reply),
        Param::Int(workspace.id.0),
    ];
    tx.execute_later(CHANGE, &params)
}
