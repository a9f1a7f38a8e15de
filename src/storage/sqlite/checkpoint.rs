//! Folding the write-ahead log into the database file, out of the writer's way.
//!
//! A sync that fails leaves pages that are read as they were written, are not on the disk, and are not written by the next
//! sync, which succeeds. So none is tried a second time on what the first was for. Of the log, there is nothing to be
//! done: a commit whose sync fails never was, and the next one writes its part of the log anew. But of the file, SQLite
//! takes pages for folded in before they are synced, if it does not come to the log's end, and starts the log over once a
//! later sync has succeeded. Therefore a checkpoint whose sync fails is the last of its process ([`Failure::Sync`]), which
//! ends. The log still has everything, and whoever opens the file next folds in all of it ([`whole`]) before it writes:
//! that also writes again what it read of a log that may not be on the disk itself.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ffi};

use super::{Health, Shared, StorageError, connection};

/// How often the log is folded in as far as no reader needs it.
const EVERY: Duration = Duration::from_millis(500);

/// Frames in the log from which on it is started anew: a quarter of a gigabyte.
const LOG_FRAMES_LONG: u64 = 65_536;

/// Frames that a writer folds in without being noticed.
const FRAMES_FEW: u64 = 2_000;

/// How often in a row the checkpointer goes after what was written meanwhile.
const ROUNDS_MAX: usize = 4;

/// How long a whole log waits for readers to finish.
const READERS_GIVEN: Duration = Duration::from_secs(1);

/// Why the log could not be folded in.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// What was written may or may not be on the disk.
    #[error("the disk refused to sync: {0}")]
    Sync(String),
    #[error(transparent)]
    Other(#[from] StorageError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error().map(|error| error.extended_code) {
            Some(ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC) => Self::Sync(error.to_string()),
            _ => Self::Other(error.into()),
        }
    }
}

/// Starts the thread; it ends when the other end of `stop` is dropped.
pub fn start(shared: &Arc<Shared>, stop: Receiver<()>) -> Result<JoinHandle<()>, StorageError> {
    let connection = connection::checkpointing(shared)?;
    let shared = Arc::clone(shared);
    thread::Builder::new()
        .name("sqlite-checkpoint".to_owned())
        .spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = stop.recv_timeout(EVERY) {
                match shared.health() {
                    Health::Good => regular(&shared, &connection),
                    Health::Unfolded => try_whole(&shared, &connection),
                    Health::Broken => {}
                }
            }
        })
        .map_err(|e| StorageError::Engine(Box::new(e)))
}

fn regular(shared: &Shared, connection: &Connection) {
    match catch_up(connection, &shared.file) {
        // Said right after, so that a writer that restarts the log finds little left to fold in.
        Ok(frames) => shared.log_is_long.store(frames >= LOG_FRAMES_LONG, Ordering::Release),
        Err(failure) => shared.note(&failure),
    }
}

/// What could not be done at the start. Until it is, nobody writes, so that the log does not grow.
fn try_whole(shared: &Shared, connection: &Connection) {
    match shared.read_gate.without_readers(READERS_GIVEN, || whole(connection)) {
        Some(Ok(true)) => shared.set_health(Health::Good),
        // A failure leaves the log as it was, so that it can be tried again. Another's work in it may not, if a part of
        // the log was folded in.
        Some(Ok(false)) => shared.set_health(Health::Broken),
        Some(Err(error)) => {
            tracing::warn!(%error, "the write-ahead log cannot be folded in; until it is, writes are answered 503");
        }
        None => {}
    }
}

/// Folds in what is in the log, and once more what was written meanwhile, until that is little. Gives the number of
/// frames in the log.
fn catch_up(connection: &Connection, file: &File) -> Result<u64, Failure> {
    let mut folded = 0;
    for _ in 0..ROUNDS_MAX {
        let Some(frames) = passive(connection)? else { return Ok(folded) };
        if frames >= LOG_FRAMES_LONG {
            // A checkpoint that does not reach the log's end leaves its pages to the one that does, which holds up the
            // writer. So they are brought to the disk here.
            file.sync_data().map_err(|e| Failure::Sync(e.to_string()))?;
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
pub fn passive(connection: &Connection) -> Result<Option<u64>, Failure> {
    let frames = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get::<_, i64>(1))?;
    Ok(u64::try_from(frames).ok())
}

/// Folds all of the log in, and empties it, if nobody else is at it. Whether it did.
pub fn whole(connection: &Connection) -> Result<bool, StorageError> {
    Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))? == 0)
}

/// Lets SQLite fold the whole log in and remove it, as it does when a database's last connection closes. If other
/// processes have the database open, the log is theirs, and nobody is made to wait.
pub fn let_fold(shared: &Shared) -> Result<(), StorageError> {
    let connection = connection::writing(shared)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    connection.busy_timeout(Duration::ZERO)?;
    connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))?;
    connection.close().map_err(|(_, error)| error.into())
}
