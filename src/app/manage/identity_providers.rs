//! Identity providers that a workspace trusts.

use super::taken;
use crate::domain::workspace::IdentityProvider;
use crate::domain::{Error, Timestamp, WorkspaceId};
use crate::storage::Tx;
use crate::storage::queries::identity_providers;

/// Trusts an identity provider.
///
/// # Errors
/// When its issuer is trusted already.
pub fn add(tx: &mut dyn Tx, provider: &IdentityProvider, at: Timestamp) -> Result<i64, Error> {
    let id = identity_providers::insert(tx, provider, at)?
        .ok_or_else(|| taken("trusted identity provider", &provider.issuer))?;
    tx.bump_revision()?;
    Ok(id)
}

/// The providers that the workspace trusts, oldest first.
///
/// # Errors
/// When the database fails.
pub fn list(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<Vec<IdentityProvider>, Error> {
    Ok(identity_providers::list(tx, workspace)?)
}

/// The provider whose tokens carry `issuer`, if the workspace trusts it.
///
/// # Errors
/// When the database fails.
pub fn trusted(tx: &mut dyn Tx, workspace: WorkspaceId, issuer: &str) -> Result<Option<IdentityProvider>, Error> {
    Ok(identity_providers::by_issuer(tx, workspace, issuer)?)
}

/// No longer trusts an identity provider.
///
/// # Errors
/// When it was not trusted.
pub fn remove(tx: &mut dyn Tx, workspace: WorkspaceId, issuer: &str) -> Result<(), Error> {
    if !identity_providers::delete(tx, workspace, issuer)? {
        return Err(Error::Misuse(format!(
            "\"{issuer}\" is not trusted in this workspace: `ferrodesk identity-provider list` shows those that are"
        )));
    }
    tx.bump_revision()?;
    Ok(())
}
