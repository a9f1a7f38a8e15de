//! Folding the write-ahead log into the database file, out of the writer's way.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use rusqlite::Connection;

use super::{Shared, StorageError, connection};

/// How often the log is folded in as far as no reader needs it.
const EVERY: Duration = Duration::from_millis(500);

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
                match catch_up(&connection) {
                    // Said last, so that a writer that restarts the log finds little left to fold in.
                    Ok(frames) => shared.wal_frames.store(frames, Ordering::Relaxed),
                    Err(error) => tracing::warn!(%error, "a checkpoint failed"),
                }
            }
        })
        .map_err(|e| StorageError::Engine(Box::new(e)))
}

/// Folds in what is in the log, and once more what was written meanwhile, until that is little. Gives the number of
/// frames in the log.
fn catch_up(connection: &Connection) -> Result<u64, StorageError> {
    let mut folded = 0;
    for _ in 0..ROUNDS_MAX {
        let frames = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(1))?;
        let frames = u64::try_from(frames).unwrap_or(0);
        if frames < folded + FRAMES_FEW {
            return Ok(frames);
        }
        folded = frames;
    }
    Ok(folded)
}

/// Folds the whole log in and empties it, as a closing store does.
pub fn fold(shared: &Shared) -> Result<(), StorageError> {
    let connection = connection::writing(shared)?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}
