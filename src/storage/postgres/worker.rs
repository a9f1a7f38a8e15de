//! Running closures on a connection, and what to do when it fails.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use super::Shared;
use super::connection::{Connection, Use};
use super::failure::{Failure, Kind};
use super::left_behind::LeftBehind;
use super::pool::{Place, Queued};
use super::tx::{Mode, PgTx};
use crate::storage::StorageError;
use crate::storage::engine;
use crate::storage::work::Job;

/// Runs of one closure at the most: conflicts that go on are a sign of something else.
const RUNS_MAX: u32 = 8;

/// The longest pause between two attempts to connect.
const RECONNECT_AFTER_MAX: Duration = Duration::from_millis(500);

/// How often it is looked whether the server has come to the end of a commit that was left behind.
const OUTLIVED_EVERY: Duration = Duration::from_millis(200);

/// A thread that runs closures, and its connection.
pub struct Worker {
    shared: Arc<Shared>,
    mode: Mode,
    /// Among those that are connected.
    place: Place,
    connection: Option<Connection>,
    /// What the connection was asked for and has not answered in time.
    late: Option<Late>,
    /// The `Shared::generation` that the connection is of.
    generation: Cell<u64>,
    /// Since the last one that succeeded.
    failed_connects: u32,
    /// What is to end before jobs are taken again.
    left_behind: Option<LeftBehind>,
}

impl Worker {
    /// One that is not connected yet.
    pub fn new(shared: Arc<Shared>, mode: Mode, place: Place) -> Self {
        let generation = Cell::new(0);
        Self { shared, mode, place, connection: None, late: None, generation, failed_connects: 0, left_behind: None }
    }

    /// Works the queue off, until the other end of `stop` is dropped and nothing is left.
    pub fn run(mut self, jobs: &Receiver<Queued>, stop: &Receiver<()>) {
        loop {
            // Who has no connection leaves the jobs to those who have.
            while !self.is_usable() && self.connect().is_err() {
                let pause = jitter(Duration::from_millis(25 << self.failed_connects.min(5)).min(RECONNECT_AFTER_MAX));
                if !matches!(stop.recv_timeout(pause), Err(crossbeam_channel::RecvTimeoutError::Timeout)) {
                    // Those who wait are answered when the queue goes with its last worker.
                    return;
                }
            }
            if self.is_outlived_by_a_commit() {
                match stop.recv_timeout(OUTLIVED_EVERY) {
                    Err(crossbeam_channel::RecvTimeoutError::Timeout) => continue,
                    _ => break,
                }
            }
            let Some(queued) = engine::next(jobs, stop) else { break };
            self.serve(queued);
            self.sit_out();
        }
        self.disconnect();
    }

    /// After the server has not answered in time, waits until it does, and takes no jobs meanwhile. It may be waiting for
    /// a lock, or for its standby, which it goes on doing when we leave: who connected anew each time would fill it with
    /// processes that wait.
    fn sit_out(&mut self) {
        let Some(late) = self.late.take() else { return };
        let started = Instant::now();
        let is_answered = match late {
            // The server ends a statement by itself.
            Late::Statement => self.hear_all(|| started.elapsed() > self.shared.options.patience),
            // A commit it does not. What must not be counted on is not counted.
            Late::Commit => {
                self.place.take(false);
                let is_answered = self.hear_all(|| false);
                if is_answered {
                    self.place.take(true);
                }
                is_answered
            }
        };
        tracing::info!(?late, is_answered, seconds = started.elapsed().as_secs_f64(), "waited for the server's answer");
        if is_answered {
            self.left_behind = None;
        } else {
            self.disconnect();
        }
    }

    /// Whether the server is at the commit still that this one left behind when its connection broke. As long as it is, the
    /// new connection takes no jobs.
    fn is_outlived_by_a_commit(&mut self) -> bool {
        let (Some(left), Some(connection)) = (&self.left_behind, &self.connection) else { return false };
        match left.is_at_work(connection) {
            Ok(true) => true,
            Ok(false) => {
                self.left_behind = None;
                self.place.take(true);
                false
            }
            Err(failure) => {
                tracing::debug!(cause = failure.cause, "it cannot be told whether a commit is over");
                self.disconnect();
                true
            }
        }
    }

    /// Waits for all answers, but not when it `is_in_vain`, the store closes, or another server has taken over.
    fn hear_all(&self, is_in_vain: impl Fn() -> bool) -> bool {
        let shared = &self.shared;
        self.connection.as_ref().is_some_and(|connection| {
            connection.hear_all(|| {
                is_in_vain()
                    || shared.closing.load(Ordering::Acquire)
                    || !shared.is_on_the_same(connection, &self.generation)
            })
        })
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
        for failure in [&seen, &unseen].into_iter().flatten() {
            self.note(failure, Late::Statement);
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
        if may_have_happened {
            self.left_behind = self.connection.as_ref().map(LeftBehind::of);
        }
        self.note(&failure, if self.mode == Mode::Write { Late::Commit } else { Late::Statement });
        Outcome::Failed { failure, may_have_happened, is_told: false }
    }

    fn is_usable(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| {
            !connection.is_closed() && self.shared.is_on_the_same(connection, &self.generation)
        })
    }

    fn connect(&mut self) -> Result<(), ()> {
        self.disconnect();
        match self.open() {
            Some(Ok(connection)) => {
                self.connection = Some(connection);
                // Who has left a commit behind takes no jobs before that is over.
                self.place.take(self.left_behind.is_none());
                self.failed_connects = 0;
                Ok(())
            }
            Some(Err(failure)) => {
                if self.failed_connects == 0 {
                    tracing::warn!(cause = failure.cause, database = %self.shared.url, "cannot connect");
                }
                self.failed_connects += 1;
                Err(())
            }
            None => Err(()),
        }
    }

    /// A new connection; none when the store closes.
    fn open(&self) -> Option<Result<Connection, Failure>> {
        let _alone = self.shared.connecting.lock().expect("no thread panics while it holds this");
        if self.shared.closing.load(Ordering::Acquire) {
            // One after another, all would wait for a server that may be silent.
            return None;
        }
        // Read first: a server that changes while we connect is found out by the next look.
        self.generation.set(self.shared.generation.load(Ordering::Acquire));
        let r#use = Use { writes: true, statement_within: Some(self.shared.options.patience) };
        Some(Connection::open(&self.shared.url, r#use))
    }

    /// Sees what a failure means for the connection.
    fn note(&mut self, failure: &Failure, late: Late) {
        match failure.kind {
            Kind::Late => self.late = Some(late),
            Kind::Lost => self.disconnect(),
            _ => {}
        }
    }

    fn disconnect(&mut self) {
        self.connection = None;
        self.place.take(false);
    }
}

/// What was not answered in time.
#[derive(Clone, Copy, Debug)]
enum Late {
    Statement,
    Commit,
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
