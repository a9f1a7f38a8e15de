//! Forgetting what has served its time.

use super::idempotency::KEPT_FOR;
use crate::domain::attachment::ContentHash;
use crate::domain::{Error, Timestamp, WorkspaceId};
use crate::storage::Tx;
use crate::storage::queries::{attachments, idempotency, sessions};

/// Rows that one transaction deletes at the most, so that nobody waits long behind it.
pub const ROWS_A_STEP: i64 = 500;

/// Deletes some of the kept answers that are a day old; gives how many.
///
/// # Errors
/// When the database fails.
pub fn forget_old_answers(tx: &mut dyn Tx, at: Timestamp) -> Result<u64, Error> {
    Ok(idempotency::sweep(tx, at.minus(KEPT_FOR), ROWS_A_STEP)?)
}

/// Deletes some of the sessions whose last refresh token has expired; gives how many.
///
/// # Errors
/// When the database fails.
pub fn forget_ended_sessions(tx: &mut dyn Tx, at: Timestamp) -> Result<u64, Error> {
    Ok(sessions::sweep(tx, at, ROWS_A_STEP)?)
}

/// Whether any attachment needs these bytes.
///
/// # Errors
/// When the database fails.
pub fn bytes_are_needed(tx: &mut dyn Tx, workspace: WorkspaceId, hash: &ContentHash) -> Result<bool, Error> {
    Ok(attachments::is_referenced(tx, workspace, hash)?)
}
