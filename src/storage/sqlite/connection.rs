//! How connections are opened.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{Shared, StorageError};

/// Statements that a connection keeps prepared; more than there are.
const STATEMENTS_KEPT: usize = 256;

/// A connection that may write. A commit on it is on the disk when it returns.
pub fn writing(shared: &Shared) -> Result<Connection, StorageError> {
    let connection = open(shared, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Checkpoints have a thread of their own: in here, their length would be the slowest commit's.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA foreign_keys = ON;
         PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;",
    )?;
    Ok(connection)
}

/// A connection that can only read.
pub fn reading(shared: &Shared) -> Result<Connection, StorageError> {
    let connection = open(shared, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY;")?;
    Ok(connection)
}

/// A connection that folds the log into the file. `NORMAL` still syncs the log before and the file after.
pub fn checkpointing(shared: &Shared) -> Result<Connection, StorageError> {
    let connection = open(shared, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0;")?;
    Ok(connection)
}

fn open(shared: &Shared, access: OpenFlags) -> Result<Connection, StorageError> {
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&shared.path, flags)?;
    connection.busy_timeout(shared.options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // Without this, SQLite looks at the values that are bound and prepares some statements anew at every call.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Only `checkpoint::let_fold` may: after a sync that failed, nobody.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(connection)
}
