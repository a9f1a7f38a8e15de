//! The schema, brought up to date at every start.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use refinery::Runner;
use rusqlite::Connection;

use super::{StorageError, StoreOptions, checkpoint, is_in_use};
use crate::storage::schema;

mod embedded {
    refinery::embed_migrations!("migrations/sqlite");
}

/// Creates the file if there is none, folds in the log that was left, switches to write-ahead logging and applies what is
/// missing of the schema. Processes that start at once take turns. Gives whether writes may rest on the log: not, if it
/// could not be folded in.
pub fn bring_up_to_date(path: &Path, options: &StoreOptions) -> Result<bool, StorageError> {
    let lock_path = path.with_extension("migrate.lock");
    let cannot_lock = |e| StorageError::Schema(format!("cannot lock {}: {e}", lock_path.display()));
    let lock = File::create(&lock_path).map_err(cannot_lock)?;
    lock.lock().map_err(cannot_lock)?;
    // Beside others, the log is theirs, and what they know of it is not forgotten.
    let is_alone = !is_in_use(path)?;
    // Made by us, because SQLite would let everybody read it; its log takes over the mode.
    let made = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    made.map_err(|e| StorageError::Schema(format!("cannot open {}: {e}", path.display())))?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(options.busy_timeout)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
    let folded = if is_alone { checkpoint::whole(&connection) } else { Ok(true) };
    if let Err(error) = &folded {
        tracing::error!(%error, "the write-ahead log cannot be folded in; until it is, writes are answered 503");
    }
    apply(&mut connection)?;
    Ok(folded.is_ok())
}

fn apply(connection: &mut Connection) -> Result<(), StorageError> {
    let runner: Runner = embedded::migrations::runner().set_abort_missing(false);
    if state(connection)?.is_enough(schema::newest(&runner))? {
        return Ok(());
    }
    let applied = runner.run(connection);
    applied.map(drop).map_err(|e| StorageError::Schema(format!("cannot bring the schema up to date: {e}")))
}

fn state(connection: &Connection) -> Result<schema::State, StorageError> {
    let number = |table: &str, sql: &str| -> Result<i64, StorageError> {
        if !connection.table_exists(None, table)? {
            return Ok(0);
        }
        Ok(connection.query_row(sql, [], |row| row.get::<_, Option<i64>>(0))?.unwrap_or(0))
    };
    Ok(schema::State {
        applied: number("refinery_schema_history", "SELECT MAX(version) FROM refinery_schema_history")?,
        oldest_program: number("installation", "SELECT oldest_program_schema FROM installation WHERE id = 1")?,
    })
}
