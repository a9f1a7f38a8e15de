//! The one thread that writes: group commit with a savepoint per closure.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use rusqlite::Connection;

use super::search::Waiting;
use super::tx::SqliteTx;
use super::{Health, Shared, StorageError, checkpoint, connection};
use crate::storage::engine;
use crate::storage::work::Job;

/// Closures in one commit at the most: a bound on how long the first of them waits.
const BATCH_MAX: usize = 512;

/// How long readers are given to finish when the log is to be started anew: a bound on how long writes wait for it.
const READERS_GIVEN: Duration = Duration::from_millis(5);

/// Starts the thread; it ends when the other end of `stop` is dropped and the queue is empty.
pub fn start(
    shared: &Arc<Shared>,
    queue: Receiver<Box<dyn Job>>,
    stop: Receiver<()>,
) -> Result<JoinHandle<()>, StorageError> {
    let connection = connection::writing(shared)?;
    let folding = connection::checkpointing(shared)?;
    let shared = Arc::clone(shared);
    thread::Builder::new()
        .name("sqlite-writer".to_owned())
        .spawn(move || {
            Writer { shared, connection, folding, batch: Vec::with_capacity(BATCH_MAX), waiting: Waiting::default() }
                .run(&queue, &stop);
        })
        .map_err(|e| StorageError::Engine(Box::new(e)))
}

struct Writer {
    shared: Arc<Shared>,
    connection: Connection,
    /// Folds the log in, now and then.
    folding: Connection,
    /// Closures that ran in the open transaction and wait for its commit.
    batch: Vec<Box<dyn Job>>,
    /// What they have yet to make of texts.
    waiting: Waiting,
}

impl Writer {
    fn run(mut self, queue: &Receiver<Box<dyn Job>>, stop: &Receiver<()>) {
        while let Some(first) = engine::next(queue, stop) {
            self.commit_batch(first, queue);
        }
    }

    /// Runs `first` and all that is queued behind it in one transaction, commits, and only then answers them.
    fn commit_batch(&mut self, first: Box<dyn Job>, queue: &Receiver<Box<dyn Job>>) {
        if self.shared.health() != Health::Good {
            return self.refuse(first, queue);
        }
        if let Err(error) = self.statement("BEGIN IMMEDIATE") {
            tracing::warn!(%error, "cannot begin a transaction; what waits is answered 503");
            self.recover();
            return self.refuse(first, queue);
        }
        let mut revision_bumped = false;
        let mut lost = None;
        let mut next = Some(first);
        while let Some(job) = next {
            match self.run_one(job) {
                Ok(bumped) => revision_bumped |= bumped,
                Err(error) => lost = Some(error),
            }
            // On some failures (disk full, for one) the engine rolls the whole transaction back by itself.
            let is_over = lost.is_some() || self.connection.is_autocommit() || self.batch.len() == BATCH_MAX;
            next = if is_over { None } else { queue.try_recv().ok() };
        }
        let started = Instant::now();
        let waiting = std::mem::take(&mut self.waiting);
        let failure = lost.or_else(|| self.commit(waiting).err());
        self.shared.metrics.commit_seconds.observe(started.elapsed().as_secs_f64());
        self.shared.metrics.batch_size.observe(f64::from(u16::try_from(self.batch.len()).unwrap_or(u16::MAX)));
        if let Some(error) = &failure {
            tracing::error!(%error, "a commit failed; its requests are answered 503");
            self.shared.metrics.failed_commits.inc();
            self.recover();
        }
        self.shared.can_write.store(failure.is_none(), Ordering::Release);
        if revision_bumped {
            self.shared.revision.fetch_add(1, Ordering::AcqRel);
        }
        for job in self.batch.drain(..) {
            job.answer(failure.as_ref().map(|_| StorageError::Busy));
        }
        self.restart_log_if_long();
    }

    /// Answers all that waits: whoever is behind the first would have to wait as long again, each in turn.
    fn refuse(&self, first: Box<dyn Job>, queue: &Receiver<Box<dyn Job>>) {
        self.shared.can_write.store(false, Ordering::Release);
        for job in std::iter::once(first).chain(queue.try_iter().take(queue.len())) {
            job.answer(Some(StorageError::Busy));
        }
    }

    /// Runs one closure inside a savepoint of its own, so that its failure undoes nobody else's work. Gives whether it
    /// changed what servers remember.
    ///
    /// # Errors
    /// When the savepoint does not do what it is for; then the whole batch is lost.
    fn run_one(&mut self, mut job: Box<dyn Job>) -> Result<bool, StorageError> {
        if !job.is_wanted() {
            return Ok(false);
        }
        let mut tx = SqliteTx::new(&self.connection);
        tx.waiting = std::mem::take(&mut self.waiting);
        let mut run = || {
            self.statement("SAVEPOINT closure")?;
            let keep = job.run(&mut tx);
            if !keep {
                self.statement("ROLLBACK TO closure")?;
            }
            self.statement("RELEASE closure")?;
            tx.waiting.end_closure(keep);
            Ok(keep && tx.revision_bumped)
        };
        let outcome = run();
        self.waiting = tx.waiting;
        self.batch.push(job);
        outcome
    }

    /// Does what waits for the end of a transaction, and commits it.
    fn commit(&self, mut waiting: Waiting) -> Result<(), StorageError> {
        // When the engine has rolled the transaction back, there is nothing left that the texts could belong to.
        if !self.connection.is_autocommit() {
            waiting.finish(&self.connection)?;
        }
        self.statement("COMMIT")
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

    /// Folds the last frames of a long log in, while nobody reads or writes: the next transaction then finds nothing left
    /// in it, and SQLite starts it anew. If readers are at it for longer, or another process is, the next checkpoint
    /// asks again.
    fn restart_log_if_long(&self) {
        if !self.shared.log_is_long.swap(false, Ordering::AcqRel) {
            return;
        }
        let folded = self.shared.read_gate.without_readers(READERS_GIVEN, || checkpoint::passive(&self.folding));
        match folded {
            Some(Ok(_)) => {}
            Some(Err(failure)) => self.shared.note(&failure),
            None => tracing::debug!("readers keep the write-ahead log from starting anew"),
        }
    }
}
