//! Admins manage apikeys.

use serde_json::{Value, json};

use super::{Unchanged, named};
use crate::app::desk::rights::{Right, demand};
use crate::app::manage::apikeys as rules;
use crate::domain::audit::Entry;
use crate::domain::user::Requester;
use crate::domain::{ApplicationId, Error, Timestamp};
use crate::identity::apikey::Apikey;
use crate::storage::Tx;
use crate::storage::queries::applications::{self, ListedApplication};
use crate::storage::queries::audit;

/// All apikeys, oldest first, revoked ones included.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn list(tx: &mut dyn Tx, staff: &Requester) -> Result<Vec<ListedApplication>, Error> {
    demand(staff, Right::ManageAccess)?;
    rules::list(tx, staff.workspace)
}

/// One apikey, as far as it is shown again.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`].
pub fn read(tx: &mut dyn Tx, staff: &Requester, id: ApplicationId) -> Result<ListedApplication, Error> {
    list(tx, staff)?.into_iter().find(|apikey| apikey.id == id).ok_or(Error::NotFound)
}

/// Adds an apikey, of which only the hash and the first characters are kept.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Invalid`].
pub fn add(
    tx: &mut dyn Tx,
    staff: &Requester,
    name: &str,
    key: &Apikey,
    at: Timestamp,
) -> Result<ListedApplication, Error> {
    demand(staff, Right::ManageAccess)?;
    let name = named("name", "name", name)?;
    let id = rules::add(tx, staff.workspace, &name, key, at)?;
    let added = read(tx, staff, id)?;
    audit::append(tx, &Entry::added(staff, at, "apikey.added", id.0, told(&added)))?;
    Ok(added)
}

/// Revokes an apikey, for good. One that is revoked already stays so.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`], [`Error::ChangedSince`].
pub fn revoke(
    tx: &mut dyn Tx,
    staff: &Requester,
    id: ApplicationId,
    unchanged: Unchanged<'_, ListedApplication>,
    at: Timestamp,
) -> Result<(), Error> {
    demand(staff, Right::ManageAccess)?;
    let apikey = applications::lock(tx, staff.workspace, id)?.ok_or(Error::NotFound)?;
    unchanged(&apikey)?;
    if apikey.revoked_at.is_some() {
        return Ok(());
    }
    rules::revoke(tx, staff.workspace, id, at)?;
    audit::append(tx, &Entry::removed(staff, at, "apikey.revoked", id.0, told(&apikey)))?;
    Ok(())
}

fn told(apikey: &ListedApplication) -> Value {
    json!({ "name": apikey.name, "prefix": apikey.key_prefix })
}
