//! Admins change the workspace's settings.

use serde_json::{Value, json};

use super::{Unchanged, in_field, named};
use crate::app::desk::rights::{Right, demand};
use crate::app::manage::{self, workspaces as rules};
use crate::domain::audit::Entry;
use crate::domain::user::Requester;
use crate::domain::workspace::Workspace;
use crate::domain::{Error, Timestamp};
use crate::storage::Tx;
use crate::storage::queries::{audit, workspaces};

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct WorkspaceChange {
    pub name: Option<String>,
    pub open_ticket_limit: Option<i64>,
    pub reopen_on_reply: Option<bool>,
}

/// The caller's workspace.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn read(tx: &mut dyn Tx, staff: &Requester) -> Result<Workspace, Error> {
    demand(staff, Right::ReadTickets)?;
    workspaces::by_id(tx, staff.workspace)?.ok_or(Error::NotFound)
}

/// Changes the caller's workspace.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::ChangedSince`]; [`Error::Invalid`]; [`Error::Conflict`] when the name is taken.
pub fn change(
    tx: &mut dyn Tx,
    staff: &Requester,
    change: &WorkspaceChange,
    unchanged: Unchanged<'_, Workspace>,
    at: Timestamp,
) -> Result<Workspace, Error> {
    demand(staff, Right::ManageWorkspace)?;
    let before = workspaces::lock(tx, staff.workspace)?.ok_or(Error::NotFound)?;
    unchanged(&before)?;
    let after = Workspace {
        id: before.id,
        name: change.name.as_ref().map_or(Ok(before.name.clone()), |name| named("name", "name", name))?,
        open_ticket_limit: change.open_ticket_limit.unwrap_or(before.open_ticket_limit),
        reopen_on_reply: change.reopen_on_reply.unwrap_or(before.reopen_on_reply),
    };
    in_field("open_ticket_limit", rules::check_limit(after.open_ticket_limit))?;
    if after == before {
        return Ok(after);
    }
    if after.name != before.name && workspaces::by_name(tx, &after.name)?.is_some() {
        return Err(manage::taken("workspace", &after.name));
    }
    workspaces::change(tx, &after)?;
    tx.bump_revision()?;
    let entry = Entry::changed(staff, at, "workspace.changed", after.id.0, &told(&before), &told(&after));
    audit::append(tx, &entry)?;
    Ok(after)
}

fn told(workspace: &Workspace) -> Value {
    json!({
        "name": workspace.name,
        "open_ticket_limit": workspace.open_ticket_limit,
        "reopen_on_reply": workspace.reopen_on_reply,
    })
}
