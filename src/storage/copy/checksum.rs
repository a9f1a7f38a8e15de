//! What an installation's rows come to: counts and checksums.

use std::fmt::{self, Write as _};

use aws_lc_rs::digest::{SHA256, digest};

use super::row::{encode, encode_column};
use super::{TABLES, Table, number};
use crate::storage::value::Value;
use crate::storage::{StorageError, Tx};

const REVISION: &str = "SELECT value FROM revision WHERE id = 1";

/// The number of a table's rows, and a sum over them that is the same in whatever order they come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checksum {
    pub rows: u64,
    /// What their values come to, as they are counted here.
    pub bytes: u64,
    /// Of the first sixteen bytes of each row's SHA-256.
    sum: u128,
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.sum)
    }
}

impl Checksum {
    /// The same for a row that has left its table.
    pub(super) fn add_values(&mut self, row: &[Value]) {
        self.add(&encode(row));
    }

    fn add(&mut self, row: &[u8]) {
        let hash = digest(&SHA256, row);
        let (first, _) = hash.as_ref().split_first_chunk().expect("SHA-256 has thirty-two bytes");
        self.rows += 1;
        self.bytes += row.len() as u64;
        self.sum = self.sum.wrapping_add(u128::from_be_bytes(*first));
    }
}

/// An installation at one moment.
#[derive(Clone, Debug)]
pub struct State {
    /// Of each of [`TABLES`], in their order.
    pub checksums: Vec<Checksum>,
    pub mark: [u8; 32],
}

/// Reads every row of the installation, telling `seen` of each row's bytes.
///
/// # Errors
/// When the database fails, or holds what it must not.
pub fn look(tx: &mut dyn Tx, seen: &dyn Fn(u64)) -> Result<State, StorageError> {
    let checksums = TABLES.iter().map(|table| checksum(tx, table, seen)).collect::<Result<_, _>>()?;
    Ok(State { checksums, mark: mark(tx)? })
}

fn checksum(tx: &mut dyn Tx, table: &'static Table, seen: &dyn Fn(u64)) -> Result<Checksum, StorageError> {
    let mut checksum = Checksum::default();
    let mut bytes = Vec::new();
    tx.query(&table.all, &[], &mut |row| {
        bytes.clear();
        for (column, (_, kind)) in table.columns.iter().enumerate() {
            encode_column(row, column, *kind, &mut bytes)?;
        }
        checksum.add(&bytes);
        seen(bytes.len() as u64);
        Ok(())
    })?;
    Ok(checksum)
}

/// Tells this installation from others, and from itself after most changes: a hash of its workspaces, of the last ids
/// that it gave, and of how often it changed what servers remember.
///
/// # Errors
/// When the database fails.
pub fn mark(tx: &mut dyn Tx) -> Result<[u8; 32], StorageError> {
    let mut text = format!("{} {}", checksum(tx, &TABLES[0], &|_| {})?, number(tx, REVISION)?);
    for table in TABLES.iter().filter(|table| table.is_numbered) {
        let _ = write!(text, " {}", last_id(tx, table)?);
    }
    Ok(digest(&SHA256, text.as_bytes()).as_ref().try_into().expect("SHA-256 has thirty-two bytes"))
}

/// The last id that a table has given or holds.
pub fn last_id(tx: &mut dyn Tx, table: &'static Table) -> Result<i64, StorageError> {
    let given = tx.last_id(table.name)?.unwrap_or(0);
    Ok(given.max(number(tx, &table.greatest_id)?))
}
