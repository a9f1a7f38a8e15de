//! Teams of staff.

use super::{Param, StorageError, Tx, first, statements};
use crate::domain::{TeamId, WorkspaceId};

statements! {
    ACTIVE = "SELECT 1 FROM team WHERE workspace_id = $1 AND id = $2 AND active = TRUE";
}

/// Whether tickets may be given to this team.
pub fn is_active(tx: &mut dyn Tx, workspace: WorkspaceId, id: TeamId) -> Result<bool, StorageError> {
    Ok(first(tx, ACTIVE, &[Param::Int(workspace.0), Param::Int(id.0)], |_| Ok(()))?.is_some())
}
