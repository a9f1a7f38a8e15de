//! Teams of staff.

use super::{Param, StorageError, Tx, collect, first, statements};
use crate::domain::{TeamId, WorkspaceId};

statements! {
    LIST = "SELECT id, name, active FROM team WHERE workspace_id = $1 ORDER BY name, id";
    ACTIVE = "SELECT 1 FROM team WHERE workspace_id = $1 AND id = $2 AND active = TRUE";
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    pub id: TeamId,
    pub name: String,
    /// Whether tickets may be given to it.
    pub active: bool,
}

/// The workspace's teams by their names, inactive ones included.
pub fn list(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<Vec<Team>, StorageError> {
    collect(tx, LIST, &[Param::Int(workspace.0)], |row| {
        Ok(Team { id: TeamId(row.int(0)?), name: row.text(1)?.to_owned(), active: row.bool(2)? })
    })
}

/// Whether tickets may be given to this team.
pub fn is_active(tx: &mut dyn Tx, workspace: WorkspaceId, id: TeamId) -> Result<bool, StorageError> {
    Ok(first(tx, ACTIVE, &[Param::Int(workspace.0), Param::Int(id.0)], |_| Ok(()))?.is_some())
}
