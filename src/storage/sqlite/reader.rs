//! The threads that read.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam_channel::Receiver;
use rusqlite::Connection;

use super::tx::SqliteTx;
use super::{Shared, StorageError, connection};
use crate::storage::engine;
use crate::storage::work::Job;

/// Starts a thread with a connection of its own; it ends when the other end of `stop` is dropped and the queue is empty.
pub fn start(
    shared: &Arc<Shared>,
    number: usize,
    queue: Receiver<Box<dyn Job>>,
    stop: Receiver<()>,
) -> Result<JoinHandle<()>, StorageError> {
    let connection = connection::reading(shared)?;
    let shared = Arc::clone(shared);
    thread::Builder::new()
        .name(format!("sqlite-reader-{number}"))
        .spawn(move || {
            while let Some(job) = engine::next(&queue, &stop) {
                let _reading = shared.read_gate.enter();
                run(&connection, job);
            }
        })
        .map_err(|e| StorageError::Engine(Box::new(e)))
}

/// Runs a closure in a transaction, so that all its statements see the same moment.
fn run(connection: &Connection, mut job: Box<dyn Job>) {
    if !job.is_wanted() {
        return;
    }
    let failure = match statement(connection, "BEGIN") {
        Ok(()) => {
            job.run(&mut SqliteTx::new(connection));
            if connection.is_autocommit() {
                // The disk failed, and the engine has ended the transaction by itself: what was read is not of one moment.
                return job.answer(Some(StorageError::Busy));
            }
            // Nothing was written, so there is nothing that a failure here could lose.
            statement(connection, "COMMIT").or_else(|failure| leave(connection, failure)).err()
        }
        Err(error) => {
            // A transaction that could not be left before is in the way of every later one.
            if !connection.is_autocommit() && statement(connection, "ROLLBACK").is_err() {
                tracing::error!(%error, "a reader cannot leave its transaction");
            }
            Some(error)
        }
    };
    job.answer(failure);
}

/// Leaves a transaction that could not be committed. If it cannot, or the engine has left it by itself, gives `failure`.
fn leave(connection: &Connection, failure: StorageError) -> Result<(), StorageError> {
    if connection.is_autocommit() || statement(connection, "ROLLBACK").is_err() { Err(failure) } else { Ok(()) }
}

fn statement(connection: &Connection, sql: &str) -> Result<(), StorageError> {
    connection.prepare_cached(sql)?.raw_execute()?;
    Ok(())
}
