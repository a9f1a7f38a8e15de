//! The embedded engine: one writer thread with group commit, read-only reader threads, a checkpointer.

mod checkpoint;
mod connection;
mod migrate;
mod read_gate;
mod reader;
mod tx;
mod watch;
mod writer;

use std::fs::File;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use self::read_gate::ReadGate;
use super::work::Job;
use super::{StorageError, StorageMetrics, StoreOptions};

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
    closing: AtomicBool,
}

/// A SQLite file and its threads.
pub struct Engine {
    shared: Arc<Shared>,
    /// Dropped to tell the threads that no more is coming.
    running: Mutex<Option<Sender<()>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    writes: Sender<Box<dyn Job>>,
    reads: Sender<Box<dyn Job>>,
}

impl Engine {
    /// Opens the file, migrates it and starts the threads.
    pub fn open(path: &Path, options: &StoreOptions, metrics: StorageMetrics) -> Result<Self, StorageError> {
        migrate::bring_up_to_date(path, options)?;
        let file = File::open(path).map_err(|e| StorageError::Engine(Box::new(e)))?;
        let shared = Arc::new(Shared {
            path: path.to_owned(),
            file: ManuallyDrop::new(file),
            options: options.clone(),
            metrics,
            revision: AtomicU64::new(0),
            log_is_long: AtomicBool::new(false),
            read_gate: ReadGate::default(),
            closing: AtomicBool::new(false),
        });
        let (writes, write_queue) = bounded(options.queue);
        let (reads, read_queue) = bounded(options.queue);
        let (running, stop) = bounded(0);
        let mut threads = vec![writer::start(&shared, write_queue, stop.clone())?];
        for number in 0..options.readers.max(1) {
            threads.push(reader::start(&shared, number, read_queue.clone(), stop.clone())?);
        }
        threads.push(checkpoint::start(&shared, stop.clone())?);
        threads.push(watch::start(&shared, stop)?);
        Ok(Self { shared, running: Mutex::new(Some(running)), threads: Mutex::new(threads), writes, reads })
    }

    /// Queues a job for the writer.
    pub fn submit_write(&self, job: Box<dyn Job>) -> Result<(), StorageError> {
        self.submit(&self.writes, job)
    }

    /// Queues a job for the readers.
    pub fn submit_read(&self, job: Box<dyn Job>) -> Result<(), StorageError> {
        self.submit(&self.reads, job)
    }

    fn submit(&self, queue: &Sender<Box<dyn Job>>, job: Box<dyn Job>) -> Result<(), StorageError> {
        if self.shared.closing.load(Ordering::Acquire) {
            return Err(StorageError::Busy);
        }
        queue.try_send(job).map_err(|error| {
            if matches!(error, TrySendError::Full(_)) {
                self.shared.metrics.refused.inc();
            }
            StorageError::Busy
        })
    }

    /// See `Store::revision`.
    pub fn revision(&self) -> u64 {
        self.shared.revision.load(Ordering::Acquire)
    }

    /// See `Store::integrity_problems`.
    pub fn integrity_problems(&self) -> Result<Vec<String>, StorageError> {
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

    /// See `Store::queue_depths`.
    pub fn queue_depths(&self) -> (usize, usize) {
        (self.writes.len(), self.reads.len())
    }

    /// See `Store::close`.
    pub fn close(&self) {
        if self.shared.closing.swap(true, Ordering::AcqRel) {
            return;
        }
        drop(self.running.lock().expect("no thread panics while it holds this").take());
        let here = std::thread::current().id();
        for thread in self.threads.lock().expect("no thread panics while it holds this").drain(..) {
            // A closure may have held the last clone of the store; then the thread that ran it cannot wait for itself.
            if thread.thread().id() != here && thread.join().is_err() {
                tracing::error!("a storage thread had panicked");
            }
        }
        if let Err(error) = checkpoint::let_fold(&self.shared) {
            tracing::warn!(%error, "the write-ahead log was left for the next start to fold in");
        }
    }
}

/// The next job, or `None` when the store is closing and nothing is queued any more.
fn next_job(queue: &Receiver<Box<dyn Job>>, stop: &Receiver<()>) -> Option<Box<dyn Job>> {
    if let Ok(job) = queue.try_recv() {
        return Some(job);
    }
    crossbeam_channel::select! {
        recv(queue) -> job => job.ok(),
        recv(stop) -> _ => queue.try_recv().ok(),
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
