//! How far a copy has come, noted in the destination.

use super::checksum::{last_id, mark};
use super::{TABLES, Table, count};
use crate::domain::Error;
use crate::storage::{Param, StorageError, Tx};

const UNFINISHED: &str = "SELECT 1 FROM copy_progress LIMIT 1";
const OF: &str = "SELECT copied, after FROM copy_progress WHERE name = $1";
const ADD: &str = "INSERT INTO copy_progress (name, copied, after) VALUES ($1, 0, $2)";
const ADVANCE: &str = "UPDATE copy_progress SET copied = copied + $1, after = $2 WHERE name = $3 AND after = $4";
const END: &str = "DELETE FROM copy_progress";

/// The row that says which installation is copied; no table is called that.
const SOURCE: &str = "source";

/// What [`begin`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nothing.
    Afresh,
    /// The first part of a copy of the same installation.
    Again,
}

/// What tells the installation from others; see [`super::State::mark`].
///
/// # Errors
/// [`Error::Misuse`] when there is nothing to copy, or only half of it.
pub fn source(tx: &mut dyn Tx) -> Result<[u8; 32], Error> {
    if is_unfinished(tx)? {
        return Err(Error::Misuse("the source is itself an unfinished copy: finish that one first".to_owned()));
    }
    if count(tx, &TABLES[0])? == 0 {
        return Err(Error::Misuse("there is nothing to copy: the source has no workspaces".to_owned()));
    }
    Ok(mark(tx)?)
}

/// Makes the destination ready for a copy of the installation with that mark, or to go on with one.
///
/// # Errors
/// [`Error::Misuse`] when something else is there.
pub fn begin(tx: &mut dyn Tx, source: &[u8; 32]) -> Result<Begun, Error> {
    if let Some((_, begun)) = progress(tx, SOURCE)? {
        if begun == source {
            return Ok(Begun::Again);
        }
        return Err(Error::Misuse(
            "the destination has an unfinished copy of another installation, or of this one as it was before it changed: \
             copy into an empty one"
                .to_owned(),
        ));
    }
    if count(tx, &TABLES[0])? > 0 {
        return Err(Error::Misuse("the destination is in use: it has workspaces; copy into an empty one".to_owned()));
    }
    tx.execute(ADD, &[Param::Text(SOURCE), Param::Bytes(source)])?;
    for table in TABLES.iter() {
        tx.execute(ADD, &[Param::Text(table.name), Param::Bytes(&[])])?;
    }
    Ok(Begun::Afresh)
}

/// Makes an installation an unfinished copy of itself, which it is until [`finish`].
///
/// # Errors
/// When the database fails.
pub fn mark_unfinished(tx: &mut dyn Tx) -> Result<(), StorageError> {
    let mark = mark(tx)?;
    tx.execute(END, &[])?;
    tx.execute(ADD, &[Param::Text(SOURCE), Param::Bytes(&mark)]).map(drop)
}

/// Makes an unfinished copy an installation, as it is.
///
/// # Errors
/// When the database fails.
pub fn unmark(tx: &mut dyn Tx) -> Result<(), StorageError> {
    tx.execute(END, &[]).map(drop)
}

/// Whether this is a copy that was begun and not finished.
///
/// # Errors
/// When the database fails.
pub fn is_unfinished(tx: &mut dyn Tx) -> Result<bool, StorageError> {
    let mut found = false;
    tx.query(UNFINISHED, &[], &mut |_| {
        found = true;
        Ok(())
    })?;
    Ok(found)
}

/// How many rows of a table are here, and the key of the last one; empty at the start.
///
/// # Errors
/// When the database fails, or no copy was begun.
pub fn copied(tx: &mut dyn Tx, table: &'static Table) -> Result<(u64, Vec<u8>), StorageError> {
    progress(tx, table.name)?.ok_or_else(overtaken)
}

/// Notes `rows` more rows of a table, behind those up to `before`, up to `after`.
pub fn advance(
    tx: &mut dyn Tx,
    table: &'static Table,
    rows: usize,
    before: &[u8],
    after: &[u8],
) -> Result<(), StorageError> {
    let rows = i64::try_from(rows).map_err(|e| StorageError::Engine(Box::new(e)))?;
    let params = [Param::Int(rows), Param::Bytes(after), Param::Text(table.name), Param::Bytes(before)];
    // Held against what was there, so that rows neither come twice nor are passed over, whoever else copies.
    if tx.execute(ADVANCE, &params)? == 1 { Ok(()) } else { Err(overtaken()) }
}

/// Ends the copy: what is here is an installation from now on. It will give no id that the source may have given, the
/// last of which `last_ids` are.
///
/// # Errors
/// When the database fails.
pub fn finish(tx: &mut dyn Tx, last_ids: &[(&'static str, i64)]) -> Result<(), StorageError> {
    for (table, id) in last_ids {
        tx.raise_last_id(table, *id)?;
    }
    tx.execute(END, &[])?;
    tx.bump_revision()
}

/// The last id of each numbered table.
///
/// # Errors
/// When the database fails.
pub fn last_ids(tx: &mut dyn Tx) -> Result<Vec<(&'static str, i64)>, StorageError> {
    let numbered = TABLES.iter().filter(|table| table.is_numbered);
    numbered.map(|table| Ok((table.name, last_id(tx, table)?))).collect()
}

fn progress(tx: &mut dyn Tx, name: &str) -> Result<Option<(u64, Vec<u8>)>, StorageError> {
    let mut found = None;
    tx.query(OF, &[Param::Text(name)], &mut |row| {
        found = Some((row.int(0)?.unsigned_abs(), row.bytes(1)?.to_vec()));
        Ok(())
    })?;
    Ok(found)
}

fn overtaken() -> StorageError {
    StorageError::Schema("something else changes the destination meanwhile".to_owned())
}
