//! Copying a whole installation from one database to another, of whatever engines.
//!
//! Rows travel by pages in the order of their keys, and what came last is noted in the same transaction as the rows, so
//! that a copy that was cut off goes on from there. In the end both sides are read once more, and compared.

mod checksum;
mod contents;
mod progress;
mod row;
mod snapshot;
mod table;
mod tables;
mod transfer;

pub use checksum::{Checksum, State, look};
pub use contents::{Content, STATEMENTS as CONTENTS_STATEMENTS, contents_after};
pub use progress::{Begun, begin, finish, is_unfinished, last_ids, source, unmark};
pub use snapshot::snapshot;
pub use table::{Kind, Table};
pub use tables::{NOT_COPIED, TABLES};
pub use transfer::transfer;

use super::{StorageError, Tx};
use crate::identity::apikey::sha256;

/// What tables are made of, in a hash: checksums can be compared where it is the same.
#[must_use]
pub fn layout() -> [u8; 32] {
    let mut text = String::new();
    for table in TABLES.iter() {
        text.push_str(&table.all);
        text.push(';');
    }
    sha256(text.as_bytes())
}

/// How many rows a table has.
///
/// # Errors
/// When the database fails.
pub fn count(tx: &mut dyn Tx, table: &'static Table) -> Result<u64, StorageError> {
    Ok(number(tx, &table.count)?.unsigned_abs())
}

/// Whether anybody has signed in, so that tokens are about.
///
/// # Errors
/// When the database fails.
pub fn has_sessions(tx: &mut dyn Tx) -> Result<bool, StorageError> {
    let sessions = TABLES.iter().find(|table| table.name == "session");
    Ok(count(tx, sessions.expect("a table of the list"))? > 0)
}

/// The number that `sql` answers with.
fn number(tx: &mut dyn Tx, sql: &'static str) -> Result<i64, StorageError> {
    let mut found = None;
    tx.query(sql, &[], &mut |row| {
        found = Some(row.int(0)?);
        Ok(())
    })?;
    found.ok_or_else(|| StorageError::Schema("a statement gave no row".to_owned()))
}
