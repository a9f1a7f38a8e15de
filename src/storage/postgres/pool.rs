//! A queue of closures, and the threads that run them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::Shared;
use super::tx::Mode;
use super::worker::Worker;
use crate::storage::StorageError;
use crate::storage::engine;
use crate::storage::work::Job;

/// A job and when its caller stops waiting.
pub struct Queued {
    pub job: Box<dyn Job>,
    pub deadline: Instant,
}

/// One among the threads that have a connection, which are counted.
pub struct Place {
    connected: Arc<AtomicUsize>,
    is_taken: bool,
}

impl Place {
    /// Takes the place, or leaves it.
    pub fn take(&mut self, is_taken: bool) {
        match (self.is_taken, is_taken) {
            (false, true) => _ = self.connected.fetch_add(1, Ordering::AcqRel),
            (true, false) => _ = self.connected.fetch_sub(1, Ordering::AcqRel),
            _ => {}
        }
        self.is_taken = is_taken;
    }
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
            let place = Place { connected: Arc::clone(&connected), is_taken: false };
            let worker = Worker::new(Arc::clone(shared), mode, place);
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

    /// Queues a job, whose time began when its caller asked.
    pub fn submit(&self, job: Box<dyn Job>, shared: &Shared) -> Result<(), StorageError> {
        let deadline = job.deadline().unwrap_or_else(|| Instant::now() + self.patience);
        engine::submit(&self.queue, Queued { job, deadline }, &shared.metrics)
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
