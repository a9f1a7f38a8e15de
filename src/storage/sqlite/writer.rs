//! The one thread that writes: group commit with a savepoint per closure.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crossbeam_channel::Receiver;
use rusqlite::Connection;

use super::tx::SqliteTx;
use super::{Shared, StorageError, connection, next_job};
use crate::storage::work::Job;

/// Closures in one commit at the most: a bound on how long the first of them waits.
const BATCH_MAX: usize = 512;

/// Frames in the write-ahead log from which on the writer waits for the readers once, so that the log starts anew.
const WAL_FRAMES_MAX: u64 = 65_536;

/// Starts the thread; it ends when the other end of `stop` is dropped and the queue is empty.
pub fn start(
    shared: &Arc<Shared>,
    queue: Receiver<Box<dyn Job>>,
    stop: Receiver<()>,
) -> Result<JoinHandle<()>, StorageError> {
    let connection = connection::writing(shared)?;
    let shared = Arc::clone(shared);
    thread::Builder::new()
        .name("sqlite-writer".to_owned())
        .spawn(move || Writer { shared, connection, batch: Vec::with_capacity(BATCH_MAX) }.run(&queue, &stop))
        .map_err(|e| StorageError::Engine(Box::new(e)))
}

struct Writer {
    shared: Arc<Shared>,
    connection: Connection,
    /// Closures that ran in the open transaction and wait for its commit.
    batch: Vec<Box<dyn Job>>,
}

impl Writer {
    fn run(mut self, queue: &Receiver<Box<dyn Job>>, stop: &Receiver<()>) {
        while let Some(first) = next_job(queue, stop) {
            self.commit_batch(first, queue);
        }
    }

    /// Runs `first` and all that is queued behind it in one transaction, commits, and only then answers them.
    fn commit_batch(&mut self, first: Box<dyn Job>, queue: &Receiver<Box<dyn Job>>) {
        if let Err(error) = self.statement("BEGIN IMMEDIATE") {
            tracing::warn!(%error, "cannot begin a transaction");
            first.answer(Some(StorageError::Busy));
            return;
        }
        let mut revision_bumped = false;
        let mut next = Some(first);
        while let Some(job) = next {
            revision_bumped |= self.run_one(job);
            // On some failures (disk full, for one) the engine rolls the whole transaction back by itself.
            let transaction_is_gone = self.connection.is_autocommit();
            next = if transaction_is_gone || self.batch.len() == BATCH_MAX { None } else { queue.try_recv().ok() };
        }
        let started = Instant::now();
        let failure = self.statement("COMMIT").err();
        self.shared.metrics.commit_seconds.observe(started.elapsed().as_secs_f64());
        self.shared.metrics.batch_size.observe(f64::from(u16::try_from(self.batch.len()).unwrap_or(u16::MAX)));
        if let Some(error) = &failure {
            tracing::error!(%error, "a commit failed; its requests are answered 503");
            self.shared.metrics.failed_commits.inc();
            self.recover();
        }
        if revision_bumped {
            self.shared.revision.fetch_add(1, Ordering::AcqRel);
        }
        for job in self.batch.drain(..) {
            job.answer(failure.as_ref().map(|_| StorageError::Busy));
        }
        self.restart_log_if_long();
    }

    /// Runs one closure inside a savepoint of its own, so that its failure undoes nobody else's work. Gives whether it
    /// changed what servers remember.
    fn run_one(&mut self, mut job: Box<dyn Job>) -> bool {
        if !job.is_wanted() {
            return false;
        }
        if self.statement("SAVEPOINT closure").is_err() {
            job.answer(Some(StorageError::Busy));
            return false;
        }
        let mut tx = SqliteTx::new(&self.connection);
        let keep = job.run(&mut tx);
        let bumped = tx.revision_bumped;
        if !keep && let Err(error) = self.statement("ROLLBACK TO closure") {
            tracing::error!(%error, "a savepoint could not be rolled back");
        }
        if let Err(error) = self.statement("RELEASE closure") {
            tracing::error!(%error, "a savepoint could not be released");
        }
        self.batch.push(job);
        keep && bumped
    }

    fn statement(&self, sql: &str) -> Result<(), StorageError> {
        self.connection.prepare_cached(sql)?.raw_execute()?;
        Ok(())
    }

    /// Leaves the failed transaction; if even that fails, starts over with a new connection.
    fn recover(&mut self) {
        if self.connection.is_autocommit() || self.statement("ROLLBACK").is_ok() {
            return;
        }
        match connection::writing(&self.shared) {
            Ok(fresh) => self.connection = fresh,
            Err(error) => tracing::error!(%error, "cannot reopen the database"),
        }
    }

    fn restart_log_if_long(&self) {
        if self.shared.wal_frames.load(Ordering::Relaxed) < WAL_FRAMES_MAX {
            return;
        }
        let outcome = self.connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |row| row.get::<_, i64>(0));
        match outcome {
            Ok(0) => self.shared.wal_frames.store(0, Ordering::Relaxed),
            Ok(_) => tracing::warn!("readers keep the write-ahead log from starting anew"),
            Err(error) => tracing::warn!(%error, "the write-ahead log could not be restarted"),
        }
    }
}
