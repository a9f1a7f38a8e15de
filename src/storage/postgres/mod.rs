//! The engine for PostgreSQL: pools of connections, one thread each, and one more that watches what other nodes do.

mod connection;
mod failure;
mod in_use;
mod indexes;
mod integrity;
mod left_behind;
mod migrate;
mod pool;
mod replica;
mod row;
mod search;
mod tx;
mod url;
mod value;
mod watch;
mod worker;

use std::cell::Cell;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, bounded};
use tokio::sync::Notify;

pub use self::in_use::is_in_use;
pub use self::url::PostgresUrl;

use self::connection::{Connection, Use};
use self::pool::Pool;
use self::replica::Replica;
use self::tx::Mode;
use super::engine::{self, Readiness};
use super::turns::Share;
use super::work::Job;
use super::{StorageError, StorageMetrics, StoreOptions};

/// Connections that write: enough to keep a disk busy with commits, few enough for three nodes to share a server.
const WRITERS: usize = 16;

/// Connections that read.
const READERS: usize = 8;

/// How long the first connections may take at start.
const CONNECTED_WITHIN: Duration = Duration::from_secs(20);

/// What the threads share.
struct Shared {
    url: PostgresUrl,
    options: StoreOptions,
    metrics: StorageMetrics,
    /// See `Store::revision`.
    revision: AtomicU64,
    /// See `Tx::last_settled_event`.
    settled_event: AtomicI64,
    /// Which server the watch is connected to; see `Connection::server`.
    server: Mutex<String>,
    /// Grows when that is another one: connections to others are given up.
    generation: AtomicU64,
    /// Whether the server answered when it was last looked at.
    answers: AtomicBool,
    closing: AtomicBool,
    /// Held while a connection is made: signing in costs both ends so much work that many at once would each take too
    /// long.
    connecting: Mutex<()>,
    /// Wakes the watching thread to its end.
    closed: Notify,
}

impl Shared {
    /// Notes which server it is now.
    fn note_server(&self, server: &str) {
        let mut last = self.server.lock().expect("no thread panics while it holds this");
        if *last != server {
            server.clone_into(&mut last);
            self.generation.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Whether `connection`, made when the generation was `made_at`, is to the server that the watch sees. If so, notes
    /// that it is of this generation.
    fn is_on_the_same(&self, connection: &Connection, made_at: &Cell<u64>) -> bool {
        let generation = self.generation.load(Ordering::Acquire);
        // One that was made a moment before the watch's may lead to the new server already.
        let is_same = made_at.get() == generation
            || *self.server.lock().expect("no thread panics while it holds this") == connection.server;
        if is_same {
            made_at.set(generation);
        }
        is_same
    }
}

/// A PostgreSQL database and the threads that work on it.
pub struct Engine {
    shared: Arc<Shared>,
    /// Dropped to tell the threads that no more is coming.
    running: Mutex<Option<Sender<()>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    writes: Pool,
    reads: Arc<Pool>,
    replica: Option<Replica>,
    share: Share,
}

impl Engine {
    /// Connects, brings the schema up to date and starts the threads.
    pub fn open(url: &PostgresUrl, options: &StoreOptions, metrics: StorageMetrics) -> Result<Self, StorageError> {
        // On a thread of its own, because the caller's may be driving a runtime, and there can be no second one on it.
        let migrated = std::thread::scope(|scope| scope.spawn(|| migrate::bring_up_to_date(url)).join());
        migrated.map_err(|_| StorageError::Schema("the migration panicked".to_owned()))??;
        let shared = Arc::new(Shared {
            url: url.clone(),
            options: options.clone(),
            metrics,
            revision: AtomicU64::new(0),
            settled_event: AtomicI64::new(0),
            server: Mutex::default(),
            generation: AtomicU64::new(0),
            answers: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            connecting: Mutex::new(()),
            closed: Notify::new(),
        });
        let (running, stop) = bounded(0);
        let mut threads = vec![watch::start(&shared)?];
        let or_usual = |chosen: usize, usual| if chosen == 0 { usual } else { chosen };
        let (reading, writing) = (or_usual(options.readers, READERS), or_usual(options.writers, WRITERS));
        let writes = Pool::start(&shared, Mode::Write, writing, &stop, &mut threads)?;
        let reads = Arc::new(Pool::start(&shared, Mode::Read, reading, &stop, &mut threads)?);
        let (running, threads) = (Mutex::new(Some(running)), Mutex::new(threads));
        let share = Share { reads: Share::half_of(reading), writes: Share::half_of(writing) };
        let mut engine = Self { shared, running, threads, writes, reads, replica: None, share };
        engine.wait_for_connections()?;
        let replica = options.replica.as_ref();
        engine.replica = replica.map(|url| Replica::start(&engine.shared, url, reading, &engine.reads)).transpose()?;
        Ok(engine)
    }

    /// So that the first request does not find the door still closed.
    fn wait_for_connections(&self) -> Result<(), StorageError> {
        let began = Instant::now();
        while engine::Engine::readiness(self) != Readiness::Ready {
            if began.elapsed() > CONNECTED_WITHIN {
                return Err(StorageError::Schema(format!(
                    "{} does not let enough connections in: see its log, and max_connections",
                    self.shared.url
                )));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    fn submit(&self, pool: &Pool, job: Box<dyn Job>) -> Result<(), StorageError> {
        if self.shared.closing.load(Ordering::Acquire) {
            return Err(StorageError::Busy);
        }
        pool.submit(job, &self.shared)
    }
}

impl engine::Engine for Engine {
    fn submit_write(&self, job: Box<dyn Job>) -> Result<(), StorageError> {
        self.submit(&self.writes, job)
    }

    fn submit_read(&self, job: Box<dyn Job>) -> Result<(), StorageError> {
        self.submit(&self.reads, job)
    }

    fn submit_read_anywhere(&self, job: Box<dyn Job>) -> Result<(), StorageError> {
        match &self.replica {
            Some(replica) if !self.shared.closing.load(Ordering::Acquire) => replica.submit(job),
            _ => self.submit_read(job),
        }
    }

    fn patience(&self) -> Option<Duration> {
        Some(self.shared.options.patience)
    }

    fn revision(&self) -> u64 {
        if self.shared.answers.load(Ordering::Acquire) {
            self.shared.revision.load(Ordering::Acquire)
        } else {
            // Not knowing is treated as a change: as long as nobody watches, nothing is remembered.
            self.shared.revision.fetch_add(1, Ordering::AcqRel) + 1
        }
    }

    fn readiness(&self) -> Readiness {
        let is_ready =
            self.shared.answers.load(Ordering::Acquire) && self.writes.is_connected() && self.reads.is_connected();
        if is_ready { Readiness::Ready } else { Readiness::Away }
    }

    fn integrity_problems(&self) -> Result<Vec<String>, StorageError> {
        let connection = Connection::open(&self.shared.url, Use { writes: false, statement_within: None })
            .map_err(failure::Failure::into_storage_error)?;
        integrity::problems(&connection).map_err(failure::Failure::into_storage_error)
    }

    /// Its rows are to be read instead.
    fn write_snapshot(&self, _: &Path, _: &dyn Fn(u64, u64)) -> Result<bool, StorageError> {
        Ok(false)
    }

    fn share(&self) -> Share {
        self.share
    }

    /// Each closure waits for the disk.
    fn rows_per_write(&self) -> usize {
        2000
    }

    fn queue_depths(&self) -> (usize, usize) {
        let at_replica = self.replica.as_ref().map_or(0, Replica::depth);
        (self.writes.depth(), self.reads.depth() + at_replica)
    }

    fn close(&self) {
        if self.shared.closing.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Some(replica) = &self.replica {
            // First, because it hands what it has not begun to the primary.
            replica.close();
        }
        drop(self.running.lock().expect("no thread panics while it holds this").take());
        self.shared.closed.notify_one();
        engine::join(self.threads.lock().expect("no thread panics while it holds this").drain(..));
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        engine::Engine::close(self);
    }
}
