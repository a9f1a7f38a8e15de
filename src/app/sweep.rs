//! Forgetting what has served its time.

use super::idempotency::KEPT_FOR;
use crate::domain::attachment::ContentHash;
use crate::domain::{Error, Timestamp, WorkspaceId};
use crate::storage::Tx;
use crate::storage::queries::{attachments, idempotency, sessions, sign_in_attempts};

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

/// Deletes some of the counts of sign-ins whose time is over; gives how many.
///
/// # Errors
/// When the database fails.
pub fn forget_old_attempts(tx: &mut dyn Tx, at: Timestamp) -> Result<u64, Error> {
    Ok(sign_in_attempts::sweep(tx, at, ROWS_A_STEP)?)
}

/// Those of the bytes that no attachment names, as things stand.
///
/// # Errors
/// When the database fails.
pub fn unnamed(
    tx: &mut dyn Tx,
    stored: &[(WorkspaceId, ContentHash)],
) -> Result<Vec<(WorkspaceId, ContentHash)>, Error> {
    let mut unnamed = Vec::new();
    for (workspace, hash) in stored {
        if !attachments::is_referenced(tx, *workspace, hash)? {
            unnamed.push((*workspace, *hash));
        }
    }
    Ok(unnamed)
}
