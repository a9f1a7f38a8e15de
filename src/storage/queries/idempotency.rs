//! The first answers to requests that may come again.

use super::{Param, StorageError, Tx, first, statements};
use crate::domain::{Timestamp, WorkspaceId};

statements! {
    IS_KEPT = "SELECT 1 FROM idempotency_key WHERE workspace_id = $1 AND principal = $2 AND key = $3 AND created_at > $4";
    FIND = "UPDATE idempotency_key SET answer = answer WHERE workspace_id = $1 AND principal = $2 AND key = $3 AND created_at > $4
              RETURNING fingerprint, answer";
    FORGET = "DELETE FROM idempotency_key WHERE workspace_id = $1 AND principal = $2 AND key = $3 AND created_at <= $4";
    CLAIM = "INSERT INTO idempotency_key (workspace_id, principal, key, fingerprint, created_at, answer) VALUES ($1, $2, $3, $4, $5, $6)
              ON CONFLICT (workspace_id, principal, key) DO NOTHING";
    KEEP = "UPDATE idempotency_key SET answer = $1 WHERE workspace_id = $2 AND principal = $3 AND key = $4";
    SWEEP = "DELETE FROM idempotency_key WHERE (workspace_id, principal, key) IN
              (SELECT workspace_id, principal, key FROM idempotency_key WHERE created_at <= $1 LIMIT $2)";
}

/// Whose key it is.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    pub workspace: WorkspaceId,
    /// The user, or the application where there is no user yet.
    pub principal: &'a str,
    pub key: &'a str,
}

impl<'a> Scope<'a> {
    fn params(self) -> [Param<'a>; 3] {
        [Param::Int(self.workspace.0), Param::Text(self.principal), Param::Text(self.key)]
    }
}

/// What is kept of a first request.
#[derive(Clone, Debug)]
pub struct Kept {
    pub fingerprint: Vec<u8>,
    pub answer: Vec<u8>,
}

/// Whether something is kept under a key since after `not_before`.
pub fn is_kept(tx: &mut dyn Tx, scope: Scope<'_>, not_before: Timestamp) -> Result<bool, StorageError> {
    let [workspace, principal, key] = scope.params();
    Ok(first(tx, IS_KEPT, &[workspace, principal, key, Param::Int(not_before.0)], |_| Ok(()))?.is_some())
}

/// What is kept under a key since after `not_before`. It is written once more, so that this transaction's commit waits
/// for all that the first one's did: what can be read may be durable on one disk only, if its server was started anew
/// while the first waited for the standby's.
pub fn find(tx: &mut dyn Tx, scope: Scope<'_>, not_before: Timestamp) -> Result<Option<Kept>, StorageError> {
    let [workspace, principal, key] = scope.params();
    first(tx, FIND, &[workspace, principal, key, Param::Int(not_before.0)], |row| {
        Ok(Kept { fingerprint: row.bytes(0)?.to_owned(), answer: row.bytes(1)?.to_owned() })
    })
}

/// Claims a key, forgetting what was kept under it up to `not_before`; gives whether it was free. On an engine with
/// many writers, this waits for another that has claimed it and not yet committed.
pub fn claim(
    tx: &mut dyn Tx,
    scope: Scope<'_>,
    fingerprint: &[u8],
    not_before: Timestamp,
    at: Timestamp,
) -> Result<bool, StorageError> {
    let [workspace, principal, key] = scope.params();
    tx.execute_later(FORGET, &[workspace, principal, key, Param::Int(not_before.0)])?;
    let params = [workspace, principal, key, Param::Bytes(fingerprint), Param::Int(at.0), Param::Bytes(&[])];
    Ok(tx.execute(CLAIM, &params)? > 0)
}

/// Keeps the answer under a claimed key.
pub fn keep(tx: &mut dyn Tx, scope: Scope<'_>, answer: &[u8]) -> Result<(), StorageError> {
    let [workspace, principal, key] = scope.params();
    tx.execute_later(KEEP, &[Param::Bytes(answer), workspace, principal, key])
}

/// Forgets up to `limit` answers from `not_after` and before; gives how many.
pub fn sweep(tx: &mut dyn Tx, not_after: Timestamp, limit: i64) -> Result<u64, StorageError> {
    tx.execute(SWEEP, &[Param::Int(not_after.0), Param::Int(limit)])
}
