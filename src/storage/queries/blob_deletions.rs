//! Which bytes the sweeper deletes, or has deleted of late.

use super::attachments::content_hash;
use super::{Param, StorageError, Tx, collect, first, statements};
use crate::domain::attachment::ContentHash;
use crate::domain::{Timestamp, WorkspaceId};

statements! {
    FIND = "SELECT done, at FROM blob_deletion WHERE workspace_id = $1 AND content_hash = $2";
    BEGIN = "INSERT INTO blob_deletion (workspace_id, content_hash, done, at)
              SELECT id, $1, FALSE, $2 FROM workspace WHERE id = $3
              ON CONFLICT (workspace_id, content_hash) DO UPDATE SET done = FALSE,
              at = CASE WHEN excluded.at > blob_deletion.at THEN excluded.at ELSE blob_deletion.at + 1 END
              WHERE blob_deletion.done = TRUE RETURNING at";
    TAKE_OVER = "UPDATE blob_deletion SET at = $1 WHERE done = FALSE AND at <= $2 RETURNING workspace_id, content_hash, at";
    FINISH = "UPDATE blob_deletion SET done = TRUE WHERE workspace_id = $1 AND content_hash = $2 AND at = $3";
    FORGET = "DELETE FROM blob_deletion WHERE workspace_id = $1 AND content_hash = $2 AND at = $3 AND done = TRUE";
    SWEEP = "DELETE FROM blob_deletion WHERE (workspace_id, content_hash) IN
              (SELECT workspace_id, content_hash FROM blob_deletion WHERE done = TRUE AND at <= $1 LIMIT $2)";
}

/// One deletion of some bytes. A later one of the same bytes has a later `at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobDeletion {
    pub workspace: WorkspaceId,
    pub hash: ContentHash,
    /// When it began.
    pub at: Timestamp,
}

impl BlobDeletion {
    fn params(&self) -> [Param<'_>; 3] {
        [Param::Int(self.workspace.0), Param::Bytes(&self.hash), Param::Int(self.at.0)]
    }
}

/// The latest deletion of the bytes that is remembered, and whether it is done.
pub fn find(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    hash: &ContentHash,
) -> Result<Option<(BlobDeletion, bool)>, StorageError> {
    first(tx, FIND, &[Param::Int(workspace.0), Param::Bytes(hash)], |row| {
        Ok((BlobDeletion { workspace, hash: *hash, at: Timestamp(row.int(1)?) }, row.bool(0)?))
    })
}

/// Begins a deletion; `None` when one is under way, or there is no such workspace.
pub fn begin(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    hash: &ContentHash,
    at: Timestamp,
) -> Result<Option<BlobDeletion>, StorageError> {
    let params = [Param::Bytes(hash), Param::Int(at.0), Param::Int(workspace.0)];
    first(tx, BEGIN, &params, |row| Ok(BlobDeletion { workspace, hash: *hash, at: Timestamp(row.int(0)?) }))
}

/// Begins anew, as of `at`, the deletions that are not done and began at `before` at the latest.
pub fn take_over(tx: &mut dyn Tx, before: Timestamp, at: Timestamp) -> Result<Vec<BlobDeletion>, StorageError> {
    collect(tx, TAKE_OVER, &[Param::Int(at.0), Param::Int(before.0)], |row| {
        Ok(BlobDeletion {
            workspace: WorkspaceId(row.int(0)?),
            hash: content_hash(row.bytes(1)?)?,
            at: Timestamp(row.int(2)?),
        })
    })
}

/// Notes that a deletion is done, unless somebody else took it over.
pub fn finish(tx: &mut dyn Tx, deletion: &BlobDeletion) -> Result<(), StorageError> {
    tx.execute_later(FINISH, &deletion.params())
}

/// Forgets a deletion that is done, unless a later one has taken its place.
pub fn forget(tx: &mut dyn Tx, deletion: &BlobDeletion) -> Result<(), StorageError> {
    tx.execute_later(FORGET, &deletion.params())
}

/// Forgets up to `limit` deletions that are done and began at `before` at the latest; gives how many.
pub fn sweep(tx: &mut dyn Tx, before: Timestamp, limit: i64) -> Result<u64, StorageError> {
    tx.execute(SWEEP, &[Param::Int(before.0), Param::Int(limit)])
}
