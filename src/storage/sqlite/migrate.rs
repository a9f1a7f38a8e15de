//! The schema, brought up to date at every start.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use refinery::{Report, Runner};
use rusqlite::Connection;

use super::{StorageError, StoreOptions};

mod embedded {
    refinery::embed_migrations!("migrations/sqlite");
}

/// Creates the file if there is none, switches it to write-ahead logging and applies what is missing of the schema.
/// Processes that start at once take turns.
pub fn bring_up_to_date(path: &Path, options: &StoreOptions) -> Result<(), StorageError> {
    let lock_path = path.with_extension("migrate.lock");
    let cannot_lock = |e| StorageError::Schema(format!("cannot lock {}: {e}", lock_path.display()));
    let lock = File::create(&lock_path).map_err(cannot_lock)?;
    lock.lock().map_err(cannot_lock)?;
    // Made by us, because SQLite would let everybody read it; its log takes over the mode.
    let made = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    made.map_err(|e| StorageError::Schema(format!("cannot open {}: {e}", path.display())))?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(options.busy_timeout)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
    apply(&mut connection)?;
    Ok(())
}

fn apply(connection: &mut Connection) -> Result<Report, StorageError> {
    let runner: Runner = embedded::migrations::runner();
    let known = runner.get_migrations().iter().map(refinery::Migration::version).max().unwrap_or(0);
    if let Ok(applied) =
        connection.query_row("SELECT MAX(version) FROM refinery_schema_history", [], |row| row.get::<_, Option<i64>>(0))
        && let Some(applied) = applied.filter(|&applied| applied > i64::from(known))
    {
        return Err(StorageError::Schema(format!(
            "the database has schema {applied}, this ferrodesk knows only up to {known}: start the newer version, or restore a \
             backup from before the upgrade"
        )));
    }
    runner.run(connection).map_err(|e| StorageError::Schema(format!("cannot bring the schema up to date: {e}")))
}
