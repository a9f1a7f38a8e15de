//! The embedded engine: one writer thread with group commit, read-only reader threads, a checkpointer.

mod checkpoint;
mod connection;
mod in_use;
mod migrate;
mod read_gate;
mod reader;
mod search;
mod snapshot;
mod tx;
mod watch;
mod writer;

use std::fs::File;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};

pub use self::in_use::is_in_use;
use self::read_gate::ReadGate;
use super::engine::{self, Engine as _, Readiness};
use super::turns::Share;
use super::work::Job;
use super::{StorageError, StorageMetrics, StoreOptions};
use crate::private_folder::sync_name;

/// Closures of one user that wait for the writer at once: as many as a commit is shared by, and done in milliseconds.
const WRITES_OF_ONE_USER: usize = 16;

/// What the threads share.
pub struct Shared {
    path: PathBuf,
    /// The database file, to sync it. Never closed: that would drop all locks that this process has on the file, those of
    /// SQLite's connections among them (POSIX, `fcntl`).
    file: ManuallyDrop<File>,
    options: StoreOptions,
    metrics: StorageMetrics,
    /// See `Store::revision`.
    revision: AtomicU64,
    /// Whether the write-ahead log has grown long and has just been folded in; set by the checkpointer, taken back by the
    /// writer.
    log_is_long: AtomicBool,
    /// What this store's readers go through.
    read_gate: ReadGate,
    /// Whether the writer's last transaction came to pass.
    can_write: AtomicBool,
    /// A [`Health`].
    health: AtomicU8,
    closing: AtomicBool,
}

/// What the disk has done to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Good,
    /// The log that was there at the start could not be folded in yet, so that nothing may rest on it. Reads go on.
    Unfolded,
    /// A checkpoint could not be synced: nothing may be written any more by this process.
    Broken,
}

impl Shared {
    fn health(&self) -> Health {
        let found = self.health.load(Ordering::Acquire);
        let all = [Health::Good, Health::Unfolded, Health::Broken];
        all.into_iter().find(|health| *health as u8 == found).unwrap_or(Health::Broken)
    }

    fn set_health(&self, health: Health) {
        self.health.store(health as u8, Ordering::Release);
    }

    /// Takes note of a checkpoint that failed.
    fn note(&self, failure: &checkpoint::Failure) {
        match failure {
            checkpoint::Failure::Sync(_) => {
                tracing::error!(error = %failure, "a checkpoint failed; nothing is written any more");
                self.set_health(Health::Broken);
            }
            checkpoint::Failure::Other(_) => tracing::warn!(error = %failure, "a checkpoint failed"),
        }
    }
}

/// A SQLite file and its threads.
pub struct Engine {
    shared: Arc<Shared>,
    /// Dropped to tell the threads that no more is coming.
    running: Mutex<Option<Sender<()>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    writes: Sender<Box<dyn Job>>,
    reads: Sender<Box<dyn Job>>,
    share: Share,
}

impl Engine {
    /// Opens the file, migrates it and starts the threads.
    pub fn open(path: &Path, options: &StoreOptions, metrics: StorageMetrics) -> Result<Self, StorageError> {
        let is_folded = migrate::bring_up_to_date(path, options)?;
        let file = File::open(path).map_err(|e| StorageError::Engine(Box::new(e)))?;
        let shared = Arc::new(Shared {
            path: path.to_owned(),
            file: ManuallyDrop::new(file),
            options: options.clone(),
            metrics,
            revision: AtomicU64::new(0),
            log_is_long: AtomicBool::new(false),
            read_gate: ReadGate::default(),
            can_write: AtomicBool::new(true),
            health: AtomicU8::new(if is_folded { Health::Good } else { Health::Unfolded } as u8),
            closing: AtomicBool::new(false),
        });
        let (writes, write_queue) = bounded(options.queue);
        let (reads, read_queue) = bounded(options.queue);
        let (running, stop) = bounded(0);
        let mut threads = vec![writer::start(&shared, write_queue, stop.clone())?];
        // The writer's connection has made the log. SQLite syncs its name too, and does not look whether that succeeds.
        sync_name(path).map_err(|e| StorageError::Engine(Box::new(e)))?;
        // One user has half of them, and whose one read is slow still has another.
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let readers = if options.readers == 0 { cores.clamp(4, 8) } else { options.readers };
        for number in 0..readers {
            threads.push(reader::start(&shared, number, read_queue.clone(), stop.clone())?);
        }
        threads.push(checkpoint::start(&shared, stop.clone())?);
        threads.push(watch::start(&shared, stop)?);
        let share = Share { reads: Share::half_of(readers), writes: WRITES_OF_ONE_USER };
        Ok(Self { shared, running: Mutex::new(Some(running)), threads: Mutex::new(threads), writes, reads, share })
    }

    fn submit(&self, queue: &Sender<Box<dyn Job>>, job: Box<dyn Job>) -> Result<(), StorageError> {
        if self.shared.closing.load(Ordering::Acquire) {
            return Err(StorageError::Busy);
        }
        engine::submit(queue, job, &self.shared.metrics)
    }
}

impl engine::Engine for Engine {
    fn submit_write(&self, job: Box<dyn Job>) -> Result<(), StorageError> {
        self.submit(&self.writes, job)
    }

    fn submit_read(&self, job: Box<dyn Job>) -> Result<(), StorageError> {
        self.submit(&self.reads, job)
    }

    /// A file does not go away, and what was begun ends: `busy_timeout` bounds the one wait that others cause.
    fn patience(&self) -> Option<Duration> {
        None
    }

    fn revision(&self) -> u64 {
        self.shared.revision.load(Ordering::Acquire)
    }

    fn is_broken(&self) -> bool {
        self.shared.health() == Health::Broken
    }

    fn readiness(&self) -> Readiness {
        if self.shared.health() != Health::Good {
            return Readiness::Away;
        }
        if self.shared.can_write.load(Ordering::Acquire) { Readiness::AskByReading } else { Readiness::AskByWriting }
    }

    fn integrity_problems(&self) -> Result<Vec<String>, StorageError> {
        let connection = connection::reading(&self.shared)?;
        let mut problems = Vec::new();
        for check in ["PRAGMA integrity_check", "PRAGMA foreign_key_check"] {
            let mut statement = connection.prepare(check)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let problem: String = row.get(0)?;
                if problem != "ok" {
                    problems.push(format!("{check}: {problem}"));
                }
            }
        }
        Ok(problems)
    }

    fn write_snapshot(&self, to: &Path, copied: &dyn Fn(u64, u64)) -> Result<bool, StorageError> {
        snapshot::write(&self.shared, to, copied)?;
        Ok(true)
    }

    fn share(&self) -> Share {
        self.share
    }

    /// Within a savepoint, SQLite walks through all that the savepoint has changed at the end of every statement. Closures
    /// that wait together are committed together.
    fn rows_per_write(&self) -> usize {
        100
    }

    fn queue_depths(&self) -> (usize, usize) {
        (self.writes.len(), self.reads.len())
    }

    fn close(&self) {
        if self.shared.closing.swap(true, Ordering::AcqRel) {
            return;
        }
        drop(self.running.lock().expect("no thread panics while it holds this").take());
        engine::join(self.threads.lock().expect("no thread panics while it holds this").drain(..));
        if self.shared.health() != Health::Good {
            // The next start folds all of it in.
            return;
        }
        if let Err(error) = checkpoint::let_fold(&self.shared) {
            tracing::warn!(%error, "the write-ahead log was left for the next start to fold in");
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.close();
    }
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull, SystemIoFailure};
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => Self::Busy,
            Some(DiskFull | SystemIoFailure) => {
                tracing::error!(%error, "the database cannot write");
                Self::Busy
            }
            _ => Self::Engine(Box::new(error)),
        }
    }
}
