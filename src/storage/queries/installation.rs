//! The one row about the installation as a whole.

use super::{Param, StorageError, Tx, first, only, statements};

statements! {
    IS_THERE = "SELECT id FROM installation WHERE id = 1";
    TOUCH = "UPDATE installation SET oldest_program_schema = oldest_program_schema WHERE id = 1";
    OFFER_SECRET = "UPDATE installation SET token_secret = $1 WHERE id = 1 AND token_secret IS NULL";
    REPLACE_SECRET = "UPDATE installation SET token_secret = $1 WHERE id = 1";
    IDENTITY = "SELECT identity, sweeps FROM installation WHERE id = 1";
    COUNT_SWEEP = "UPDATE installation SET sweeps = sweeps + 1 WHERE id = 1";
    RENEW_IDENTITY = "UPDATE installation SET identity = $1 WHERE id = 1";
    SECRET = "SELECT token_secret FROM installation WHERE id = 1 AND token_secret IS NOT NULL";
}

/// Reads the least that shows that the database can be read.
pub fn is_there(tx: &mut dyn Tx) -> Result<(), StorageError> {
    only(tx, IS_THERE, &[], |_| Ok(()))
}

/// Writes the least that shows that the database can be written to.
pub fn touch(tx: &mut dyn Tx) -> Result<(), StorageError> {
    tx.execute(TOUCH, &[])?;
    Ok(())
}

/// The secret that all servers of the installation share: `fresh`, if there was none.
pub fn shared_secret(tx: &mut dyn Tx, fresh: &[u8]) -> Result<Vec<u8>, StorageError> {
    tx.execute(OFFER_SECRET, &[Param::Bytes(fresh)])?;
    only(tx, SECRET, &[], |row| row.bytes(0).map(<[u8]>::to_vec))
}

/// The secret that the servers share, if one is kept here.
pub fn find_secret(tx: &mut dyn Tx) -> Result<Option<Vec<u8>>, StorageError> {
    first(tx, SECRET, &[], |row| row.bytes(0).map(<[u8]>::to_vec))
}

/// Keeps another secret in place of the one that is here.
pub fn replace_secret(tx: &mut dyn Tx, secret: &[u8]) -> Result<(), StorageError> {
    tx.execute(REPLACE_SECRET, &[Param::Bytes(secret)])?;
    Ok(())
}

/// What tells this installation from others, and how often it has begun to sweep.
pub fn identity(tx: &mut dyn Tx) -> Result<(String, i64), StorageError> {
    only(tx, IDENTITY, &[], |row| Ok((row.text(0)?.to_owned(), row.int(1)?)))
}

/// Counts a sweep.
pub fn count_sweep(tx: &mut dyn Tx) -> Result<(), StorageError> {
    tx.execute(COUNT_SWEEP, &[])?;
    Ok(())
}

/// Makes this another installation than the one that its rows come from.
pub fn renew_identity(tx: &mut dyn Tx, fresh: &str) -> Result<(), StorageError> {
    tx.execute(RENEW_IDENTITY, &[Param::Text(fresh)])?;
    Ok(())
}
