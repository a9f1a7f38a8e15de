//! Admins manage the identity providers that the workspace trusts.

use serde_json::{Value, json};

use super::{Unchanged, refused};
use crate::app::desk::rights::{Right, demand};
use crate::app::manage::identity_providers as rules;
use crate::domain::audit::Entry;
use crate::domain::user::Requester;
use crate::domain::workspace::IdentityProvider;
use crate::domain::{Error, IdentityProviderId, Timestamp};
use crate::storage::Tx;
use crate::storage::queries::{audit, identity_providers};

/// A provider and its id.
pub type Listed = (IdentityProviderId, IdentityProvider);

/// What to change; what is `None` stays. Its issuer stays always: users are known by it.
#[derive(Clone, Debug, Default)]
pub struct ProviderChange {
    pub audience: Option<String>,
    pub jwks_url: Option<String>,
    pub algorithms: Option<Vec<String>>,
}

/// All providers, oldest first.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn list(tx: &mut dyn Tx, staff: &Requester) -> Result<Vec<Listed>, Error> {
    demand(staff, Right::ManageAccess)?;
    Ok(identity_providers::all(tx, staff.workspace)?)
}

/// One provider.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`].
pub fn read(tx: &mut dyn Tx, staff: &Requester, id: IdentityProviderId) -> Result<Listed, Error> {
    list(tx, staff)?.into_iter().find(|(known, _)| *known == id).ok_or(Error::NotFound)
}

/// Trusts a provider, which must be of the caller's workspace.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Invalid`]; [`Error::Conflict`] when its issuer is trusted already.
pub fn add(tx: &mut dyn Tx, staff: &Requester, provider: &IdentityProvider, at: Timestamp) -> Result<Listed, Error> {
    demand(staff, Right::ManageAccess)?;
    check(staff, provider)?;
    let id = IdentityProviderId(rules::add(tx, provider, at)?);
    audit::append(tx, &Entry::added(staff, at, "identity_provider.added", id.0, told(provider)))?;
    Ok((id, provider.clone()))
}

/// Changes a provider. Tokens count by what is so now, whenever they were issued.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`], [`Error::ChangedSince`]; [`Error::Invalid`].
pub fn change(
    tx: &mut dyn Tx,
    staff: &Requester,
    id: IdentityProviderId,
    change: &ProviderChange,
    unchanged: Unchanged<'_, Listed>,
    at: Timestamp,
) -> Result<Listed, Error> {
    demand(staff, Right::ManageAccess)?;
    let before = identity_providers::lock(tx, staff.workspace, id)?.ok_or(Error::NotFound)?;
    unchanged(&(id, before.clone()))?;
    let after = IdentityProvider {
        audience: change.audience.clone().unwrap_or_else(|| before.audience.clone()),
        jwks_url: change.jwks_url.clone().unwrap_or_else(|| before.jwks_url.clone()),
        algorithms: change.algorithms.clone().unwrap_or_else(|| before.algorithms.clone()),
        ..before.clone()
    };
    check(staff, &after)?;
    if after != before {
        identity_providers::set(tx, id, &after)?;
        tx.bump_revision()?;
        let entry = Entry::changed(staff, at, "identity_provider.changed", id.0, &told(&before), &told(&after));
        audit::append(tx, &entry)?;
    }
    Ok((id, after))
}

/// No longer trusts a provider.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`], [`Error::ChangedSince`].
pub fn remove(
    tx: &mut dyn Tx,
    staff: &Requester,
    id: IdentityProviderId,
    unchanged: Unchanged<'_, Listed>,
    at: Timestamp,
) -> Result<(), Error> {
    demand(staff, Right::ManageAccess)?;
    let provider = identity_providers::lock(tx, staff.workspace, id)?.ok_or(Error::NotFound)?;
    unchanged(&(id, provider.clone()))?;
    rules::remove(tx, staff.workspace, &provider.issuer)?;
    audit::append(tx, &Entry::removed(staff, at, "identity_provider.removed", id.0, told(&provider)))?;
    Ok(())
}

fn check(staff: &Requester, provider: &IdentityProvider) -> Result<(), Error> {
    if provider.workspace != staff.workspace {
        return Err(Error::NotFound);
    }
    rules::check(provider).map_err(|(field, problem)| refused(field, &problem))
}

fn told(provider: &IdentityProvider) -> Value {
    json!({
        "issuer": provider.issuer,
        "audience": provider.audience,
        "jwks_url": provider.jwks_url,
        "algorithms": provider.algorithms,
    })
}
