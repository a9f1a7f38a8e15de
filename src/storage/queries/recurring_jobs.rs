//! When each recurring job is due next.

use super::{Param, StorageError, Tx, statements};
use crate::domain::Timestamp;

statements! {
    ADD = "INSERT INTO recurring_job (name, due_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    CLAIM = "UPDATE recurring_job SET due_at = $1 WHERE name = $2 AND (due_at <= $3 OR due_at > $4)";
}

/// Makes the job known, due at `at`, unless it is known already.
pub fn add(tx: &mut dyn Tx, name: &str, at: Timestamp) -> Result<(), StorageError> {
    tx.execute(ADD, &[Param::Text(name), Param::Int(at.0)])?;
    Ok(())
}

/// Moves the job on to `next` if it is due at `at`, or only after `too_late`. Whether it was: of many who ask at once, one
/// hears yes.
pub fn claim(
    tx: &mut dyn Tx,
    name: &str,
    at: Timestamp,
    next: Timestamp,
    too_late: Timestamp,
) -> Result<bool, StorageError> {
    Ok(tx.execute(CLAIM, &[Param::Int(next.0), Param::Text(name), Param::Int(at.0), Param::Int(too_late.0)])? > 0)
}
