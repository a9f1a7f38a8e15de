//! Reads on a streaming replica that see no less than they would on the primary.
//!
//! A read goes to the replica once that has replayed the primary's log up to a position that was asked for after the
//! read had arrived: whatever was committed before by anybody, through whichever node, is then seen. One small question
//! to the primary serves all reads that were waiting when it was sent. Where this does not work out at once, for whatever
//! reason, the read goes to the primary, and its caller is none the wiser.

mod follow;
mod position;
mod reader;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;

use super::Shared;
use super::pool::Pool;
use super::url::PostgresUrl;
use crate::storage::work::Job;
use crate::storage::{StorageError, engine};

/// Which server a connection leads to: an address may lead to several.
type Server = Arc<str>;

/// The way to the replica.
pub struct Replica {
    route: Arc<Route>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What the threads share.
struct Route {
    shared: Arc<Shared>,
    url: PostgresUrl,
    /// Where reads go that the replica cannot serve.
    primary: Arc<Pool>,
    state: Mutex<State>,
    /// Told when reads arrive, and when the store closes.
    changed: Condvar,
    /// Threads that are ready to read from `State::server`, as far as they know.
    ready: AtomicUsize,
}

#[derive(Default)]
struct State {
    /// Whether reads may wait for the replica. When not, they go to the primary at once.
    is_open: bool,
    is_closing: bool,
    /// The server whose position is known; none while the replica is away.
    server: Option<Server>,
    waiting: Vec<Box<dyn Job>>,
}

/// A read that the replica can serve.
struct Read {
    job: Box<dyn Job>,
    /// The server that has replayed enough for it.
    server: Server,
    /// When it goes to the primary instead.
    until: Instant,
}

impl Replica {
    /// Starts the threads. That the replica is away is no failure.
    pub fn start(
        shared: &Arc<Shared>,
        url: &PostgresUrl,
        readers: usize,
        primary: &Arc<Pool>,
    ) -> Result<Self, StorageError> {
        let route = Arc::new(Route {
            shared: Arc::clone(shared),
            url: url.clone(),
            primary: Arc::clone(primary),
            state: Mutex::default(),
            changed: Condvar::new(),
            ready: AtomicUsize::new(0),
        });
        let (queue, reads) = bounded(shared.options.queue);
        let mut threads = vec![follow::start(&route, queue)?];
        for number in 0..readers {
            threads.push(reader::start(&route, number, reads.clone())?);
        }
        Ok(Self { route, threads: Mutex::new(threads) })
    }

    /// Queues a read, for the replica if it is of use and else for the primary.
    pub fn submit(&self, job: Box<dyn Job>) -> Result<(), StorageError> {
        let mut state = self.route.state();
        if !state.is_open {
            drop(state);
            return self.route.primary.submit(job, &self.route.shared);
        }
        if state.waiting.len() >= self.route.shared.options.queue {
            self.route.shared.metrics.refused.inc();
            return Err(StorageError::Busy);
        }
        state.waiting.push(job);
        drop(state);
        self.route.changed.notify_one();
        Ok(())
    }

    /// How many reads wait to be told where to go.
    pub fn depth(&self) -> usize {
        self.route.state().waiting.len()
    }

    /// Hands what waits to the primary and ends the threads.
    pub fn close(&self) {
        self.route.state().is_closing = true;
        self.route.changed.notify_one();
        engine::join(self.threads.lock().expect("no thread panics while it holds this").drain(..));
    }
}

impl Route {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics while it holds this")
    }

    /// The reads that have arrived, waiting for `pause` at the most; `None` when the store closes.
    fn arrived(&self, pause: Duration) -> Option<Vec<Box<dyn Job>>> {
        let waited =
            self.changed.wait_timeout_while(self.state(), pause, |state| state.waiting.is_empty() && !state.is_closing);
        let (mut state, _) = waited.expect("no thread panics while it holds this");
        (!state.is_closing).then(|| std::mem::take(&mut state.waiting))
    }

    /// Lets reads wait for the replica.
    fn open(&self) {
        self.state().is_open = true;
        self.shared.metrics.replica_used.set(1);
    }

    /// Sends reads to the primary from now on, those that wait among them.
    fn shut(&self) {
        let waiting = {
            let mut state = self.state();
            state.is_open = false;
            std::mem::take(&mut state.waiting)
        };
        self.shared.metrics.replica_used.set(0);
        self.read_from_primary(waiting);
    }

    fn set_server(&self, server: Option<Server>) {
        self.state().server = server;
    }

    fn server(&self) -> Option<Server> {
        self.state().server.clone()
    }

    /// Whether any thread can read from the replica.
    fn has_readers(&self) -> bool {
        self.ready.load(Ordering::Acquire) > 0
    }

    /// Hands over reads that the replica was to serve and could not.
    fn read_from_primary(&self, jobs: impl IntoIterator<Item = Box<dyn Job>>) {
        for job in jobs {
            self.shared.metrics.replica_missed.inc();
            // One that is refused is dropped, which its caller hears as "busy".
            let _ = self.primary.submit(job, &self.shared);
        }
    }
}
