//! Workspaces.

use super::{named, taken};
use crate::domain::workspace::Workspace;
use crate::domain::{Error, Timestamp, WorkspaceId};
use crate::storage::Tx;
use crate::storage::queries::workspaces;

/// Adds a workspace.
///
/// # Errors
/// When the name is empty or taken, or the limit is negative.
pub fn add(
    tx: &mut dyn Tx,
    name: &str,
    open_ticket_limit: i64,
    reopen_on_reply: bool,
    at: Timestamp,
) -> Result<WorkspaceId, Error> {
    let name = named("workspace's name", name)?;
    check_limit(open_ticket_limit)?;
    workspaces::insert(tx, &name, open_ticket_limit, reopen_on_reply, at)?.ok_or_else(|| taken("workspace", &name))
}

/// Changes a workspace's settings; `None` leaves one as it is.
///
/// # Errors
/// When there is no such workspace, or the limit is negative.
pub fn set(
    tx: &mut dyn Tx,
    name: &str,
    open_ticket_limit: Option<i64>,
    reopen_on_reply: Option<bool>,
) -> Result<Workspace, Error> {
    open_ticket_limit.map_or(Ok(()), check_limit)?;
    let workspace = workspaces::set(tx, name, open_ticket_limit, reopen_on_reply)?.ok_or_else(|| unknown(name))?;
    tx.bump_revision()?;
    Ok(workspace)
}

/// All workspaces, oldest first.
///
/// # Errors
/// When the database fails.
pub fn list(tx: &mut dyn Tx) -> Result<Vec<Workspace>, Error> {
    Ok(workspaces::list(tx)?)
}

/// The workspace called `name`.
///
/// # Errors
/// A sentence that says how to see which there are.
pub fn find(tx: &mut dyn Tx, name: &str) -> Result<Workspace, Error> {
    workspaces::by_name(tx, name)?.ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Error {
    Error::Misuse(format!(
        "there is no workspace \"{name}\": `ferrodesk workspace list` shows those there are, `ferrodesk workspace add` makes one"
    ))
}

/// An open-ticket limit is a number of tickets.
pub(in crate::app) fn check_limit(limit: i64) -> Result<(), Error> {
    if limit < 0 {
        return Err(Error::Misuse("the open-ticket limit must be 0 (none) or more".to_owned()));
    }
    Ok(())
}
