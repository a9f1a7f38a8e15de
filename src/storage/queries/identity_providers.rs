//! Identity providers that workspaces trust.

use super::{Param, Row, StorageError, Tx, collect, first, statements};
use crate::domain::workspace::IdentityProvider;
use crate::domain::{IdentityProviderId, Timestamp, WorkspaceId};

statements! {
    BY_ISSUER = "SELECT workspace_id, issuer, audience, jwks_url, algorithms FROM identity_provider WHERE workspace_id = $1 AND issuer = $2";
    LIST = "SELECT workspace_id, issuer, audience, jwks_url, algorithms FROM identity_provider WHERE workspace_id = $1 ORDER BY id";
    INSERT = "INSERT INTO identity_provider (workspace_id, issuer, audience, jwks_url, algorithms, created_at)
              VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (workspace_id, issuer) DO NOTHING RETURNING id";
    ALL = "SELECT workspace_id, issuer, audience, jwks_url, algorithms, id FROM identity_provider WHERE workspace_id = $1 ORDER BY id";
    LOCK = "UPDATE identity_provider SET issuer = issuer WHERE workspace_id = $1 AND id = $2
              RETURNING workspace_id, issuer, audience, jwks_url, algorithms, id";
    SET = "UPDATE identity_provider SET audience = $1, jwks_url = $2, algorithms = $3 WHERE workspace_id = $4 AND id = $5";
    DELETE = "DELETE FROM identity_provider WHERE workspace_id = $1 AND issuer = $2";
}

fn read(row: &dyn Row) -> Result<IdentityProvider, StorageError> {
    Ok(IdentityProvider {
        workspace: WorkspaceId(row.int(0)?),
        issuer: row.text(1)?.to_owned(),
        audience: row.text(2)?.to_owned(),
        jwks_url: row.text(3)?.to_owned(),
        algorithms: row.text(4)?.split(' ').map(str::to_owned).collect(),
    })
}

/// The provider with this `iss`, if the workspace trusts it.
pub fn by_issuer(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    issuer: &str,
) -> Result<Option<IdentityProvider>, StorageError> {
    first(tx, BY_ISSUER, &[Param::Int(workspace.0), Param::Text(issuer)], read)
}

/// The workspace's providers, oldest first.
pub fn list(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<Vec<IdentityProvider>, StorageError> {
    collect(tx, LIST, &[Param::Int(workspace.0)], read)
}

/// The workspace's providers with their ids, oldest first.
pub fn all(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
) -> Result<Vec<(IdentityProviderId, IdentityProvider)>, StorageError> {
    collect(tx, ALL, &[Param::Int(workspace.0)], |row| Ok((IdentityProviderId(row.int(5)?), read(row)?)))
}

/// The provider with this id, which stays as it is until the transaction ends.
pub fn lock(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    id: IdentityProviderId,
) -> Result<Option<IdentityProvider>, StorageError> {
    first(tx, LOCK, &[Param::Int(workspace.0), Param::Int(id.0)], read)
}

/// Changes a provider, but for its issuer.
pub fn set(tx: &mut dyn Tx, id: IdentityProviderId, provider: &IdentityProvider) -> Result<(), StorageError> {
    let algorithms = provider.algorithms.join(" ");
    let params = [
        Param::Text(&provider.audience),
        Param::Text(&provider.jwks_url),
        Param::Text(&algorithms),
        Param::Int(provider.workspace.0),
        Param::Int(id.0),
    ];
    tx.execute_later(SET, &params)
}

/// Trusts a provider; `None` when its issuer is trusted already. Gives the row's id.
pub fn insert(tx: &mut dyn Tx, provider: &IdentityProvider, at: Timestamp) -> Result<Option<i64>, StorageError> {
    let algorithms = provider.algorithms.join(" ");
    let params = [
        Param::Int(provider.workspace.0),
        Param::Text(&provider.issuer),
        Param::Text(&provider.audience),
        Param::Text(&provider.jwks_url),
        Param::Text(&algorithms),
        Param::Int(at.0),
    ];
    first(tx, INSERT, &params, |row| row.int(0))
}

/// No longer trusts a provider; gives whether it was trusted.
pub fn delete(tx: &mut dyn Tx, workspace: WorkspaceId, issuer: &str) -> Result<bool, StorageError> {
    Ok(tx.execute(DELETE, &[Param::Int(workspace.0), Param::Text(issuer)])? > 0)
}
