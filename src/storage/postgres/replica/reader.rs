//! Threads that read from the replica, each on a connection of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::super::connection::{Connection, Use};
use super::super::failure::{Failure, Kind};
use super::super::tx::{Mode, PgTx};
use super::position::which_server;
use super::{Read, Route, Server};
use crate::storage::StorageError;

/// How often a thread without a connection tries to make one.
const CONNECT_EVERY: Duration = Duration::from_millis(100);

/// How long the server gives a statement. Whoever waits for it has given up by then.
const STATEMENT_WITHIN: Duration = Duration::from_secs(1);

/// Which events are settled is known of the primary, and may be ahead of the replica: here, none count as such.
static NO_EVENT_IS_SETTLED: AtomicI64 = AtomicI64::new(0);

/// Starts a thread; it ends when nobody sends to `reads` any more.
pub fn start(route: &Arc<Route>, number: usize, reads: Receiver<Read>) -> Result<JoinHandle<()>, StorageError> {
    let reader = Reader { route: Arc::clone(route), connection: None };
    let name = format!("postgres-replica-reader-{number}");
    let thread = std::thread::Builder::new().name(name).spawn(move || reader.run(&reads));
    thread.map_err(|e| StorageError::Engine(Box::new(e)))
}

struct Reader {
    route: Arc<Route>,
    connection: Option<(Connection, Server)>,
}

impl Reader {
    fn run(mut self, reads: &Receiver<Read>) {
        loop {
            self.keep_connected();
            match reads.recv_timeout(CONNECT_EVERY) {
                Ok(read) => self.serve(read),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.disconnect();
    }

    /// Connects if need be, between reads: none waits for it.
    fn keep_connected(&mut self) {
        let wanted = self.route.server();
        let is_right = |(connection, server): &(Connection, Server)| {
            !connection.is_closed() && wanted.as_ref().is_some_and(|wanted| wanted == server)
        };
        if self.connection.as_ref().is_some_and(is_right) {
            return;
        }
        self.disconnect();
        let Some(wanted) = wanted else { return };
        match connect(&self.route, &wanted) {
            Ok(connection) => {
                self.connection = Some((connection, wanted));
                self.route.ready.fetch_add(1, Ordering::AcqRel);
            }
            Err(failure) => tracing::debug!(cause = failure.cause, "cannot connect to the read database"),
        }
    }

    fn serve(&mut self, mut read: Read) {
        if !read.job.is_wanted() {
            return;
        }
        match self.read(&mut read) {
            Ok(()) => {
                self.route.shared.metrics.replica_reads.inc();
                read.job.answer(None);
            }
            Err(failure) => {
                tracing::debug!(cause = failure.cause, "a read goes from the replica to the primary");
                if failure.is_of_the_connection() {
                    self.disconnect();
                }
                self.route.read_from_primary([read.job]);
            }
        }
    }

    fn read(&self, read: &mut Read) -> Result<(), Failure> {
        // A server that was restarted may show less than before for a while, and another may have replayed less.
        let right = self.connection.as_ref().filter(|(_, server)| *server == read.server);
        let Some((connection, _)) = right else {
            return Err(Failure::ours(Kind::Busy, "there is no connection to this server"));
        };
        if Instant::now() >= read.until {
            return Err(Failure::ours(Kind::Busy, "it has waited for too long"));
        }
        let mut tx = PgTx::begin(connection, Mode::Read, read.until, &NO_EVENT_IS_SETTLED);
        let keep = read.job.run(&mut tx);
        let seen = tx.failure.take();
        let ended = if keep && seen.is_none() { tx.commit() } else { tx.roll_back() };
        // A connection that is lost is told by the last failure, which need not be the first.
        match (seen, ended) {
            (_, Err(failure)) | (Some(failure), Ok(())) => Err(failure),
            (None, Ok(())) => Ok(()),
        }
    }

    fn disconnect(&mut self) {
        if self.connection.take().is_some() {
            self.route.ready.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

fn connect(route: &Route, wanted: &Server) -> Result<Connection, Failure> {
    let connection = Connection::open(&route.url, Use { writes: false, statement_within: Some(STATEMENT_WITHIN) })?;
    if which_server(&connection)? != *wanted {
        return Err(Failure::ours(Kind::Final, "the address leads to another server now"));
    }
    Ok(connection)
}
