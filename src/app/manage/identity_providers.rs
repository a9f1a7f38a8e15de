//! Identity providers that a workspace trusts.

use super::taken;
use crate::domain::workspace::IdentityProvider;
use crate::domain::{Error, Timestamp, WorkspaceId};
use crate::identity::jwks::{ALGORITHMS, check_address};
use crate::identity::token::ISSUER;
use crate::storage::Tx;
use crate::storage::queries::identity_providers;

/// Trusts an identity provider.
///
/// # Errors
/// When it cannot be trusted, or is already.
pub fn add(tx: &mut dyn Tx, provider: &IdentityProvider, at: Timestamp) -> Result<i64, Error> {
    check(provider).map_err(|(_, problem)| Error::Misuse(problem))?;
    let id = identity_providers::insert(tx, provider, at)?
        .ok_or_else(|| taken("trusted identity provider", &provider.issuer))?;
    tx.bump_revision()?;
    Ok(id)
}

/// Whether a provider can be trusted; else the field that is wrong, and a sentence that says what.
///
/// # Errors
/// When it cannot.
pub(in crate::app) fn check(provider: &IdentityProvider) -> Result<(), (&'static str, String)> {
    if provider.issuer == ISSUER || provider.issuer.is_empty() {
        return Err(("issuer", "the issuer must be a name other than ours".to_owned()));
    }
    if provider.audience.is_empty() {
        return Err(("audience", "the audience must not be empty".to_owned()));
    }
    let unknown = provider.algorithms.iter().find(|name| !ALGORITHMS.contains(&name.as_str()));
    if unknown.is_some() || provider.algorithms.is_empty() {
        return Err(("algorithms", format!("the algorithms must be any of {}", ALGORITHMS.join(", "))));
    }
    check_address(&provider.jwks_url).map_err(|problem| ("jwks_url", problem))
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
