//! Sign-ins that failed or are under way, by what they are counted by.

use super::{Param, StorageError, Tx, first, statements};
use crate::domain::{Timestamp, WorkspaceId};

statements! {
    COUNT = "INSERT INTO sign_in_attempts (workspace_id, counted_by, attempts, expires_at) VALUES ($1, $2, 1, $3)
              ON CONFLICT (workspace_id, counted_by) DO UPDATE SET
              attempts = CASE WHEN sign_in_attempts.expires_at <= $4 THEN 1 ELSE sign_in_attempts.attempts + 1 END,
              expires_at = CASE WHEN sign_in_attempts.expires_at <= $4 THEN $3 ELSE sign_in_attempts.expires_at END
              WHERE sign_in_attempts.workspace_id = $1
              AND (sign_in_attempts.expires_at <= $4 OR sign_in_attempts.attempts < $5) RETURNING expires_at";
    ENDS_AT = "SELECT expires_at FROM sign_in_attempts WHERE workspace_id = $1 AND counted_by = $2";
    TAKE_OUT = "UPDATE sign_in_attempts SET attempts = attempts - 1
              WHERE workspace_id = $1 AND counted_by = $2 AND expires_at = $3 AND attempts > 0";
    REMEMBER = "INSERT INTO sign_in_attempts (workspace_id, counted_by, attempts, expires_at) VALUES ($1, $2, 0, $3)
              ON CONFLICT (workspace_id, counted_by) DO UPDATE SET expires_at = $3";
    SWEEP = "DELETE FROM sign_in_attempts WHERE (workspace_id, counted_by) IN
              (SELECT workspace_id, counted_by FROM sign_in_attempts WHERE expires_at <= $1 LIMIT $2)";
}

/// The hash of what attempts are counted by.
pub type CountedBy = [u8; 32];

/// Counts an attempt until `ends_at`, or with those that are counted at `at` until a while before; gives when counting ends,
/// or `None` if `limit` are counted already. Who counts by the same waits until this transaction ends.
pub fn count(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    by: &CountedBy,
    ends_at: Timestamp,
    at: Timestamp,
    limit: u32,
) -> Result<Option<Timestamp>, StorageError> {
    let params = [
        Param::Int(workspace.0),
        Param::Bytes(by),
        Param::Int(ends_at.0),
        Param::Int(at.0),
        Param::Int(i64::from(limit)),
    ];
    first(tx, COUNT, &params, |row| Ok(Timestamp(row.int(0)?)))
}

/// When counting by `by` begins anew.
pub fn ends_at(tx: &mut dyn Tx, workspace: WorkspaceId, by: &CountedBy) -> Result<Option<Timestamp>, StorageError> {
    first(tx, ENDS_AT, &[Param::Int(workspace.0), Param::Bytes(by)], |row| Ok(Timestamp(row.int(0)?)))
}

/// Takes one attempt out of those that are counted until `ends_at`.
pub fn take_out(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    by: &CountedBy,
    ends_at: Timestamp,
) -> Result<(), StorageError> {
    tx.execute_later(TAKE_OUT, &[Param::Int(workspace.0), Param::Bytes(by), Param::Int(ends_at.0)])
}

/// Remembers `by` until `ends_at`, without counting anything.
pub fn remember(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    by: &CountedBy,
    ends_at: Timestamp,
) -> Result<(), StorageError> {
    tx.execute_later(REMEMBER, &[Param::Int(workspace.0), Param::Bytes(by), Param::Int(ends_at.0)])
}

/// Forgets up to `limit` counts whose time is over; gives how many.
pub fn sweep(tx: &mut dyn Tx, not_after: Timestamp, limit: i64) -> Result<u64, StorageError> {
    tx.execute(SWEEP, &[Param::Int(not_after.0), Param::Int(limit)])
}
