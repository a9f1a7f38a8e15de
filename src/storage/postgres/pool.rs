//! Threads that run closures, each on a connection of its own.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::Shared;
use super::connection::{Connection, Use};
use super::failure::{Failure, Kind};
use super::tx::{Mode, PgTx};
use crate::storage::StorageError;
use crate::storage::engine;
use crate::storage::work::Job;

/// Runs of one closure at the most: conflicts that go on are a sign of something else.
const RUNS_MAX: u32 = 8;

/// The longest pause between two attempts to connect.
const RECONNECT_AFTER_MAX: Duration = Duration::from_millis(500);

/// A job and when its caller stops waiting.
struct Queued {
    job: Box<dyn Job>,
    deadline: Instant,
}

/// A bounded queue, and the threads that work it off.
pub struct Pool {
    queue: Sender<Queued>,
    patience: Duration,
    /// Threads that have a connection, as far as they know.
    connected: Arc<AtomicUsize>,
}

impl Pool {
    /// Starts the threads; they end when the other end of `stop` is dropped and the queue is empty.
    pub fn start(
        shared: &Arc<Shared>,
        mode: Mode,
        size: usize,
        stop: &Receiver<()>,
        threads: &mut Vec<JoinHandle<()>>,
    ) -> Result<Self, StorageError> {
        let (queue, jobs) = bounded(shared.options.queue);
        let connected = Arc::new(AtomicUsize::new(0));
        for number in 0..size {
            let worker = Worker {
                shared: Arc::clone(shared),
                mode,
                connected: Arc::clone(&connected),
                connection: None,
                unanswered: None,
                generation: Cell::new(0),
                failed_connects: 0,
            };
            let (jobs, stop) = (jobs.clone(), stop.clone());
            let name = match mode {
                Mode::Write => format!("postgres-writer-{number}"),
                Mode::Read => format!("postgres-reader-{number}"),
            };
            let thread = std::thread::Builder::new().name(name).spawn(move || worker.run(&jobs, &stop));
            threads.push(thread.map_err(|e| StorageError::Engine(Box::new(e)))?);
        }
        Ok(Self { queue, patience: shared.options.patience, connected })
    }

    /// Queues a job.
    pub fn submit(&self, job: Box<dyn Job>, shared: &Shared) -> Result<(), StorageError> {
        engine::submit(&self.queue, Queued { job, deadline: Instant::now() + self.patience }, &shared.metrics)
    }

    /// How many jobs wait.
    pub fn depth(&self) -> usize {
        self.queue.len()
    }

    /// Whether any thread has a connection.
    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Acquire) > 0
    }
}

struct Worker {
    shared: Arc<Shared>,
    mode: Mode,
    connected: Arc<AtomicUsize>,
    connection: Option<Connection>,
    /// One that was asked to commit, and has not answered in time.
    unanswered: Option<Connection>,
    /// The `Shared::generation` that the connection is of.
    generation: Cell<u64>,
    /// Since the last one that succeeded.
    failed_connects: u32,
}

impl Worker {
    fn run(mut self, jobs: &Receiver<Queued>, stop: &Receiver<()>) {
        loop {
            // Who has no connection leaves the jobs to those who have.
            while !self.is_usable() && self.connect().is_err() {
                let pause = jitter(Duration::from_millis(25 << self.failed_connects.min(5)).min(RECONNECT_AFTER_MAX));
                if !matches!(stop.recv_timeout(pause), Err(crossbeam_channel::RecvTimeoutError::Timeout)) {
                    // Those who wait are answered when the queue goes with its last worker.
                    return;
                }
            }
            let Some(queued) = engine::next(jobs, stop) else { break };
            self.serve(queued);
            self.sit_out();
        }
        self.disconnect();
    }

    /// After a commit that was not answered in time, waits for the answer, and takes no jobs meanwhile. The server may be
    /// waiting for its standby, which it goes on doing when we leave: who connected anew, again and again, would fill it
    /// with processes that wait.
    fn sit_out(&mut self) {
        let Some(connection) = self.unanswered.take() else { return };
        let started = Instant::now();
        let is_answered = connection.hear_all(|| {
            let shared = &self.shared;
            shared.closing.load(Ordering::Acquire) || !shared.is_on_the_same(&connection, &self.generation)
        });
        tracing::info!(is_answered, seconds = started.elapsed().as_secs_f64(), "waited for a commit to be answered");
        if is_answered {
            self.connection = Some(connection);
            self.connected.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Runs a job, again if another transaction was in its way, and answers it.
    fn serve(&mut self, queued: Queued) {
        let Queued { mut job, deadline } = queued;
        let mut run = 0;
        let answer = loop {
            if !job.is_wanted() {
                return;
            }
            if Instant::now() >= deadline || (!self.is_usable() && self.connect().is_err()) {
                break Some(StorageError::Busy);
            }
            run += 1;
            let Outcome::Failed { failure, may_have_happened, is_told } = self.run_once(&mut *job, deadline) else {
                break None;
            };
            let is_worth_another =
                (failure.kind == Kind::Conflict || failure.is_of_the_connection()) && !may_have_happened;
            if is_worth_another && run < RUNS_MAX {
                tracing::debug!(cause = failure.cause, run, "a transaction is run again");
                if failure.kind == Kind::Conflict {
                    std::thread::sleep(jitter(Duration::from_millis(1 << run)));
                }
                continue;
            }
            if !matches!(failure.kind, Kind::Locked | Kind::Final) {
                tracing::warn!(cause = failure.cause, may_have_happened, "a transaction failed");
            }
            break (!is_told).then(|| failure.into_storage_error());
        };
        job.answer(answer);
    }

    /// Runs a job in one transaction.
    fn run_once(&mut self, job: &mut dyn Job, deadline: Instant) -> Outcome {
        let Some(connection) = &self.connection else {
            return Outcome::failed(Failure::ours(Kind::Lost, "there is no connection"));
        };
        let mut tx = PgTx::begin(connection, self.mode, deadline, &self.shared.settled_event);
        let keep = job.run(&mut tx);
        let is_told = !keep && tx.failure.is_some();
        if keep && tx.failure.is_none() {
            tx.finish();
        }
        let seen = tx.failure.take();
        if keep && seen.is_none() {
            let bumped = tx.revision_bumped;
            let started = Instant::now();
            let committed = tx.commit();
            if self.mode == Mode::Write {
                self.shared.metrics.commit_seconds.observe(started.elapsed().as_secs_f64());
            }
            return self.committed(committed, bumped);
        }
        let unseen = tx.roll_back().err();
        if [&seen, &unseen].into_iter().flatten().any(Failure::is_of_the_connection) {
            self.disconnect();
        }
        match (seen, unseen) {
            (Some(failure), _) => Outcome::Failed { failure, may_have_happened: false, is_told },
            // What the closure decided may rest on statements that failed behind its back.
            (None, Some(failure)) => Outcome::failed(failure),
            (None, None) => Outcome::Done,
        }
    }

    fn committed(&mut self, committed: Result<(), Failure>, revision_bumped: bool) -> Outcome {
        let Err(failure) = committed else {
            if revision_bumped {
                self.shared.revision.fetch_add(1, Ordering::AcqRel);
            }
            return Outcome::Done;
        };
        if self.mode == Mode::Write {
            self.shared.metrics.failed_commits.inc();
        }
        let may_have_happened = failure.is_of_the_connection() && self.mode == Mode::Write;
        if may_have_happened && failure.kind == Kind::Late {
            self.unanswered = self.disconnect();
        } else if failure.is_of_the_connection() {
            self.disconnect();
        }
        Outcome::Failed { failure, may_have_happened, is_told: false }
    }

    fn is_usable(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| {
            !connection.is_closed() && self.shared.is_on_the_same(connection, &self.generation)
        })
    }

    fn connect(&mut self) -> Result<(), ()> {
        self.disconnect();
        let _alone = self.shared.connecting.lock().expect("no thread panics while it holds this");
        if self.shared.closing.load(Ordering::Acquire) {
            // One after another, all would wait for a server that may be silent.
            return Err(());
        }
        // Read first: a server that changes while we connect is found out by the next look.
        self.generation.set(self.shared.generation.load(Ordering::Acquire));
        let r#use = Use { writes: true, statement_within: Some(self.shared.options.patience) };
        match Connection::open(&self.shared.url, r#use) {
            Ok(connection) => {
                self.connection = Some(connection);
                self.connected.fetch_add(1, Ordering::AcqRel);
                self.failed_connects = 0;
                Ok(())
            }
            Err(failure) => {
                if self.failed_connects == 0 {
                    tracing::warn!(cause = failure.cause, database = %self.shared.url, "cannot connect");
                }
                self.failed_connects += 1;
                Err(())
            }
        }
    }

    /// Gives up the connection that jobs run on, if there is one.
    fn disconnect(&mut self) -> Option<Connection> {
        let connection = self.connection.take()?;
        self.connected.fetch_sub(1, Ordering::AcqRel);
        Some(connection)
    }
}

/// What became of a transaction.
enum Outcome {
    Done,
    Failed {
        failure: Failure,
        /// Whether its commit was sent, so that to run it again might do it twice.
        may_have_happened: bool,
        /// Whether the closure met the failure, and gave an error of its own.
        is_told: bool,
    },
}

impl Outcome {
    fn failed(failure: Failure) -> Self {
        Self::Failed { failure, may_have_happened: false, is_told: false }
    }
}

/// Between half of `pause` and all of it, so that those who were stopped together do not start together.
fn jitter(pause: Duration) -> Duration {
    // A fresh hasher's keys are random enough for this.
    let random = std::hash::BuildHasher::hash_one(&std::collections::hash_map::RandomState::new(), 0);
    let part = u32::try_from(random % 1024).unwrap_or_default();
    pause / 2 + pause * part / 2048
}
