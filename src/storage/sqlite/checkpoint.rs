//! Folding the write-ahead log into the database file, out of the writer's way.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use rusqlite::Connection;

use super::{Shared, StorageError, connection};

/// How often the log is folded in as far as no reader needs it.
const EVERY: Duration = Duration::from_millis(500);

/// Frames in the log from which on it is started anew: a quarter of a gigabyte.
const LOG_FRAMES_LONG: u64 = 65_536;

/// Frames that a writer folds in without being noticed.
const FRAMES_FEW: u64 = 2_000;

/// How often in a row the checkpointer goes after what was written meanwhile.
const ROUNDS_MAX: usize = 4;

/// Starts the thread; it ends when the other end of `stop` is dropped.
pub fn start(shared: &Arc<Shared>, stop: Receiver<()>) -> Result<JoinHandle<()>, StorageError> {
    let connection = connection::checkpointing(shared)?;
    let shared = Arc::clone(shared);
    thread::Builder::new()
        .name("sqlite-checkpoint".to_owned())
        .spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = stop.recv_timeout(EVERY) {
                match catch_up(&connection, &shared.file) {
                    // Said right after, so that a writer that restarts the log finds little left to fold in.
                    Ok(frames) => shared.log_is_long.store(frames >= LOG_FRAMES_LONG, Ordering::Release),
                    Err(error) => tracing::warn!(%error, "a checkpoint failed"),
                }
            }
        })
        .map_err(|e| StorageError::Engine(Box::new(e)))
}

/// Folds in what is in the log, and once more what was written meanwhile, until that is little. Gives the number of
/// frames in the log.
fn catch_up(connection: &Connection, file: &File) -> Result<u64, StorageError> {
    let mut folded = 0;
    for _ in 0..ROUNDS_MAX {
        let Some(frames) = passive(connection)? else { return Ok(folded) };
        if frames >= LOG_FRAMES_LONG {
            // A checkpoint that does not reach the log's end leaves its pages to the one that does, which holds up the
            // writer. So they are brought to the disk here.
            file.sync_data().map_err(|e| StorageError::Engine(Box::new(e)))?;
        }
        if frames < folded + FRAMES_FEW {
            return Ok(frames);
        }
        folded = frames;
    }
    Ok(folded)
}

/// Folds in what no reader needs, waiting for nobody. Gives the number of frames in the log, or `None` when another
/// connection is at it already.
pub fn passive(connection: &Connection) -> Result<Option<u64>, StorageError> {
    let frames = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(1))?;
    Ok(u64::try_from(frames).ok())
}

/// Lets SQLite fold the whole log in and remove it, as it does when a database's last connection closes. If other
/// processes have the database open, the log is theirs, and nobody is made to wait.
pub fn let_fold(shared: &Shared) -> Result<(), StorageError> {
    let connection = connection::writing(shared)?;
    connection.busy_timeout(Duration::ZERO)?;
    connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))?;
    connection.close().map_err(|(_, error)| error.into())
}
