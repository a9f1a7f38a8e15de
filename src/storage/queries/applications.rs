//! Applications and their apikeys.

use super::{Param, Row, StorageError, Tx, collect, first, only, statements};
use crate::domain::user::Application;
use crate::domain::{ApplicationId, Timestamp, WorkspaceId};

statements! {
    BY_KEY = "SELECT id, workspace_id FROM application WHERE key_hash = $1 AND revoked_at IS NULL";
    INSERT = "INSERT INTO application (workspace_id, name, key_prefix, key_hash, created_at) VALUES ($1, $2, $3, $4, $5)
              ON CONFLICT (key_hash) DO UPDATE SET key_hash = excluded.key_hash RETURNING id";
    LIST = "SELECT id, name, key_prefix, created_at, revoked_at FROM application WHERE workspace_id = $1 ORDER BY id";
    LOCK = "UPDATE application SET name = name WHERE workspace_id = $1 AND id = $2
              RETURNING id, name, key_prefix, created_at, revoked_at";
    REVOKE = "UPDATE application SET revoked_at = $1 WHERE workspace_id = $2 AND id = $3 AND revoked_at IS NULL";
}

/// An application as its operator sees it.
#[derive(Clone, Debug)]
pub struct ListedApplication {
    pub id: ApplicationId,
    pub name: String,
    /// The first characters of its apikey.
    pub key_prefix: String,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// The application whose apikey hashes to `key_hash`, unless it is revoked.
pub fn by_key(tx: &mut dyn Tx, key_hash: &[u8]) -> Result<Option<Application>, StorageError> {
    first(tx, BY_KEY, &[Param::Bytes(key_hash)], |row| {
        Ok(Application { id: ApplicationId(row.int(0)?), workspace: WorkspaceId(row.int(1)?) })
    })
}

/// Adds an application. The same key again is the same application, revoked if it was.
pub fn insert(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    name: &str,
    key_prefix: &str,
    key_hash: &[u8],
    at: Timestamp,
) -> Result<ApplicationId, StorageError> {
    let params =
        [Param::Int(workspace.0), Param::Text(name), Param::Text(key_prefix), Param::Bytes(key_hash), Param::Int(at.0)];
    only(tx, INSERT, &params, |row| row.int(0).map(ApplicationId))
}

/// The workspace's applications, oldest first.
pub fn list(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<Vec<ListedApplication>, StorageError> {
    collect(tx, LIST, &[Param::Int(workspace.0)], read)
}

/// The application with this id, which stays as it is until the transaction ends.
pub fn lock(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    id: ApplicationId,
) -> Result<Option<ListedApplication>, StorageError> {
    first(tx, LOCK, &[Param::Int(workspace.0), Param::Int(id.0)], read)
}

fn read(row: &dyn Row) -> Result<ListedApplication, StorageError> {
    Ok(ListedApplication {
        id: ApplicationId(row.int(0)?),
        name: row.text(1)?.to_owned(),
        key_prefix: row.text(2)?.to_owned(),
        created_at: Timestamp(row.int(3)?),
        revoked_at: row.opt_int(4)?.map(Timestamp),
    })
}

/// Revokes an apikey; gives whether there was one to revoke.
pub fn revoke(tx: &mut dyn Tx, workspace: WorkspaceId, id: ApplicationId, at: Timestamp) -> Result<bool, StorageError> {
    let changed = tx.execute(REVOKE, &[Param::Int(at.0), Param::Int(workspace.0), Param::Int(id.0)])?;
    Ok(changed > 0)
}
