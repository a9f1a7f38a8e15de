//! What a [`Store`](super::Store) asks of an engine.

use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError};

use super::turns::Share;
use super::work::Job;
use super::{StorageError, StorageMetrics};

/// A database and the threads that work on it.
#[allow(clippy::missing_errors_doc, reason = "what fails, and how, is said at the methods of `Store`")]
pub trait Engine: Send + Sync {
    /// Queues a job for a read-write transaction.
    fn submit_write(&self, job: Box<dyn Job>) -> Result<(), StorageError>;
    /// Queues a job for a read-only transaction.
    fn submit_read(&self, job: Box<dyn Job>) -> Result<(), StorageError>;
    /// Queues a job for a read-only transaction that may run elsewhere, if it sees no less there.
    fn submit_read_anywhere(&self, job: Box<dyn Job>) -> Result<(), StorageError> {
        self.submit_read(job)
    }
    /// How much of it one user may have at once.
    fn share(&self) -> Share;
    /// How long a caller waits for an answer at the most; `None` is as long as it takes.
    fn patience(&self) -> Option<Duration>;
    /// See `Store::revision`.
    fn revision(&self) -> u64;
    /// Whether reads and writes can be expected to succeed.
    fn readiness(&self) -> Readiness;
    /// See `Store::is_broken`.
    fn is_broken(&self) -> bool {
        false
    }
    /// See `Store::integrity_problems`.
    fn integrity_problems(&self) -> Result<Vec<String>, StorageError>;
    /// Copies the database to a new SQLite file, as it is at one moment, if it is such a file itself. Whether it did.
    fn write_snapshot(&self, to: &Path, copied: &dyn Fn(u64, u64)) -> Result<bool, StorageError>;
    /// See `Store::rows_per_write`.
    fn rows_per_write(&self) -> usize;
    /// See `Store::queue_depths`.
    fn queue_depths(&self) -> (usize, usize);
    /// See `Store::close`.
    fn close(&self);
}

/// Whether an engine can be worked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// The database was asked a moment ago, and answered.
    Ready,
    /// The database was asked a moment ago, and did not answer as it must.
    Away,
    /// Writes succeed; a read will tell.
    AskByReading,
    /// The last write failed, and nobody has tried another since.
    AskByWriting,
}

/// Puts `item` into a bounded queue, or refuses it at once.
pub fn submit<T>(queue: &Sender<T>, item: T, metrics: &StorageMetrics) -> Result<(), StorageError> {
    queue.try_send(item).map_err(|error| {
        if matches!(error, TrySendError::Full(_)) {
            metrics.refused.inc();
        }
        StorageError::Busy
    })
}

/// The next item, or `None` when the store is closing and nothing is queued any more.
pub fn next<T>(queue: &Receiver<T>, stop: &Receiver<()>) -> Option<T> {
    if let Ok(item) = queue.try_recv() {
        return Some(item);
    }
    crossbeam_channel::select! {
        recv(queue) -> item => item.ok(),
        recv(stop) -> _ => queue.try_recv().ok(),
    }
}

/// Waits for the threads to end.
pub fn join(threads: impl Iterator<Item = JoinHandle<()>>) {
    let here = std::thread::current().id();
    for thread in threads {
        // A closure may have held the last clone of the store; then the thread that ran it cannot wait for itself.
        if thread.thread().id() != here && thread.join().is_err() {
            tracing::error!("a storage thread had panicked");
        }
    }
}
