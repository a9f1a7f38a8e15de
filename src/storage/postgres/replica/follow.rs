//! The thread that decides where a read goes.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, TrySendError};

use super::super::failure::Failure;
use super::position::{Position, Positions};
use super::{Read, Route};
use crate::storage::StorageError;
use crate::storage::work::Job;

/// How often both servers are looked at while no reads arrive.
const EVERY: Duration = Duration::from_millis(100);

/// The same while no read is sent to the replica, so that it is of use again soon.
const EVERY_WHILE_SHUT: Duration = Duration::from_millis(25);

/// How long to wait for the replica to catch up. When it has taken longer, reads go to the primary at once until it is
/// seen to keep up again.
const CATCH_UP_WITHIN: Duration = Duration::from_millis(20);

/// How often it is looked at meanwhile.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// The same when no read is waiting.
const LOOK_AGAIN_AT_LEISURE: Duration = Duration::from_millis(5);

/// How long after a failure the next attempt is made.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// How long a read may take on the replica, before it goes to the primary.
const READ_WITHIN: Duration = Duration::from_millis(500);

/// Starts the thread; it ends when the store closes, and those who take from `queue` with it.
pub fn start(route: &Arc<Route>, queue: Sender<Read>) -> Result<JoinHandle<()>, StorageError> {
    let follower =
        Follower { route: Arc::clone(route), queue, groups: Vec::new(), is_open: false, trouble: Some(String::new()) };
    let thread = std::thread::Builder::new().name("postgres-replica".to_owned()).spawn(move || follower.run());
    thread.map_err(|e| StorageError::Engine(Box::new(e)))
}

/// Reads that wait for the same position; none if it is only to be seen whether the replica gets there.
struct Group {
    reads: Vec<Box<dyn Job>>,
    wanted: Position,
    until: Instant,
}

struct Follower {
    route: Arc<Route>,
    queue: Sender<Read>,
    /// Oldest first.
    groups: Vec<Group>,
    /// Whether reads are let in.
    is_open: bool,
    /// Why the replica was not used, as it was last said; at first, that it never was.
    trouble: Option<String>,
}

impl Follower {
    fn run(mut self) {
        loop {
            let ended = Positions::connect(&self.route).and_then(|positions| self.follow(&positions));
            self.route.set_server(None);
            self.shut();
            self.route.read_from_primary(self.groups.drain(..).flat_map(|group| group.reads));
            match ended {
                Ok(()) => return,
                Err(failure) => self.complain(failure),
            }
            // Nobody waits while the route is shut.
            if self.route.arrived(RETRY_AFTER).is_none() {
                return;
            }
        }
    }

    fn complain(&mut self, failure: Failure) {
        if self.trouble.as_ref() != Some(&failure.cause) {
            let replica = &self.route.url;
            tracing::warn!(cause = failure.cause, %replica, "the read database is not used: reads go to the primary");
            self.trouble = Some(failure.cause);
        }
    }

    /// Decides until something fails, or the store closes.
    fn follow(&mut self, positions: &Positions) -> Result<(), Failure> {
        self.route.set_server(Some(Arc::clone(&positions.server)));
        let mut replayed = positions.of_replica()?;
        let mut looked: Option<Instant> = None;
        loop {
            let every = if self.is_open { EVERY } else { EVERY_WHILE_SHUT };
            let Some(reads) = self.route.arrived(self.pause().unwrap_or(every)) else { return Ok(()) };
            let is_due = looked.is_none_or(|looked| looked.elapsed() >= every);
            if is_due || !reads.is_empty() {
                // Kept first, so that they are not lost when a question fails.
                self.groups.push(Group { reads, wanted: Position::NEVER, until: Instant::now() + CATCH_UP_WITHIN });
                let wanted = positions.of_primary(&self.route)?;
                self.groups.last_mut().expect("the one just added").wanted = wanted;
            }
            if is_due || self.groups.iter().any(|group| !replayed.includes(group.wanted)) {
                replayed = positions.of_replica()?;
            }
            if is_due {
                looked = Some(Instant::now());
                let newest = self.groups.last().expect("the one just added").wanted;
                self.route.shared.metrics.replica_lag_bytes.set(replayed.bytes_to(newest));
            }
            self.decide(replayed, positions);
        }
    }

    /// When to look at the replica again, if it has not reached what is waited for.
    fn pause(&self) -> Option<Duration> {
        let is_at_leisure = self.groups.iter().all(|group| group.reads.is_empty());
        let pause = if is_at_leisure { LOOK_AGAIN_AT_LEISURE } else { LOOK_AGAIN };
        (!self.groups.is_empty()).then_some(pause)
    }

    fn shut(&mut self) {
        self.is_open = false;
        self.route.shut();
    }

    /// Sends on those who need not wait any longer, and those who have waited long enough.
    fn decide(&mut self, replayed: Position, positions: &Positions) {
        for group in std::mem::take(&mut self.groups) {
            if replayed.includes(group.wanted) && self.route.has_readers() {
                if self.trouble.take().is_some() {
                    tracing::info!(replica = %self.route.url, "the read database is used");
                }
                if !self.is_open {
                    tracing::debug!("the read database keeps up");
                }
                self.is_open = true;
                self.route.open();
                self.send(group.reads, positions);
            } else if Instant::now() >= group.until {
                if self.is_open {
                    tracing::debug!(bytes = replayed.bytes_to(group.wanted), "the read database is behind");
                }
                self.shut();
                self.route.read_from_primary(group.reads);
            } else {
                self.groups.push(group);
            }
        }
    }

    fn send(&self, reads: Vec<Box<dyn Job>>, positions: &Positions) {
        let until = Instant::now() + READ_WITHIN;
        for job in reads {
            let read = Read { job, server: Arc::clone(&positions.server), until };
            if let Err(TrySendError::Full(read) | TrySendError::Disconnected(read)) = self.queue.try_send(read) {
                self.route.read_from_primary([read.job]);
            }
        }
    }
}
