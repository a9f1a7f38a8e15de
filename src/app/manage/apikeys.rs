//! Apikeys.

use super::named;
use crate::domain::{ApplicationId, Error, Timestamp, WorkspaceId};
use crate::identity::apikey::Apikey;
use crate::storage::Tx;
use crate::storage::queries::applications::{self, ListedApplication};

/// Adds an application that calls with `key`, of which only the hash and the first characters are kept.
///
/// # Errors
/// When the name is empty.
pub fn add(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    name: &str,
    key: &Apikey,
    at: Timestamp,
) -> Result<ApplicationId, Error> {
    let name = named("apikey's name", name)?;
    Ok(applications::insert(tx, workspace, &name, key.prefix(), &key.hash(), at)?)
}

/// The workspace's applications, oldest first, revoked ones included.
///
/// # Errors
/// When the database fails.
pub fn list(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<Vec<ListedApplication>, Error> {
    Ok(applications::list(tx, workspace)?)
}

/// Revokes an apikey, for good.
///
/// # Errors
/// When the workspace has no such key that works.
pub fn revoke(tx: &mut dyn Tx, workspace: WorkspaceId, id: ApplicationId, at: Timestamp) -> Result<(), Error> {
    if !applications::revoke(tx, workspace, id, at)? {
        return Err(Error::Misuse(format!(
            "there is no working apikey {id} in this workspace: `ferrodesk apikey list` shows those there are"
        )));
    }
    tx.bump_revision()?;
    Ok(())
}
