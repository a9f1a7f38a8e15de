//! Noticing what other nodes change, which events are settled, and whether the server is there.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::Shared;
use super::connection::{Connection, Use};
use super::failure::{Failure, Kind};
use crate::storage::StorageError;

/// How often the database is looked at. Most changes are told by a notification before.
const EVERY: Duration = Duration::from_millis(250);

/// How long a look may take. Together with [`EVERY`], this is the longest that a key revoked on another node goes on
/// working here while the notification is lost and the server hangs.
const LOOK_WITHIN: Duration = Duration::from_millis(500);

const LOOK: &str = "SELECT r.value, pg_is_in_recovery(), CASE WHEN e.is_called THEN e.last_value ELSE 0 END,
     pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM revision r, event_id e WHERE r.id = 1";

/// Starts the thread; it ends when the store is closed. The first look is over when this returns.
pub fn start(shared: &Arc<Shared>) -> Result<JoinHandle<()>, StorageError> {
    let shared = Arc::clone(shared);
    let (looked, has_looked) = std::sync::mpsc::sync_channel(1);
    let mut watch = Watch { shared, revision: None, events: Horizon::default(), looked: Some(looked) };
    let thread = std::thread::Builder::new().name("postgres-watch".to_owned()).spawn(move || watch.run());
    let thread = thread.map_err(|e| StorageError::Engine(Box::new(e)))?;
    // If it fails, requests are refused until a later one succeeds.
    let _ = has_looked.recv_timeout(LOOK_WITHIN);
    Ok(thread)
}

struct Watch {
    shared: Arc<Shared>,
    /// What the revision was at the last look.
    revision: Option<i64>,
    events: Horizon,
    looked: Option<std::sync::mpsc::SyncSender<()>>,
}

impl Watch {
    fn run(&mut self) {
        while !self.shared.closing.load(Ordering::Acquire) {
            let failure = match self.connect() {
                Ok(connection) => self.look_again_and_again(connection),
                Err(failure) => Some(failure),
            };
            let Some(failure) = failure else { return };
            if self.shared.answers.swap(false, Ordering::AcqRel) {
                tracing::warn!(cause = failure.cause, database = %self.shared.url, "the database does not answer");
            }
            // Not knowing is treated as a change: what is remembered is read again.
            self.revision = None;
            self.shared.revision.fetch_add(1, Ordering::AcqRel);
            std::thread::sleep(EVERY);
        }
    }

    fn connect(&mut self) -> Result<Connection, Failure> {
        let connection = Connection::open(&self.shared.url, Use { writes: true, statement_within: Some(LOOK_WITHIN) })?;
        connection.wait(Instant::now() + LOOK_WITHIN, async {
            Ok(connection.client.batch_execute("LISTEN ferrodesk_revision").await?)
        })?;
        self.shared.note_server(&connection.server);
        // The server may be another one, or have crashed: then numbers that it gave before mean nothing, and some of
        // those that nobody committed are given again. What is settled is found out anew.
        self.events = Horizon::default();
        self.shared.settled_event.store(0, Ordering::Release);
        Ok(connection)
    }

    /// Looks until something fails, which it gives, or the store closes.
    fn look_again_and_again(&mut self, mut connection: Connection) -> Option<Failure> {
        loop {
            if let Err(failure) = self.look(&connection) {
                return Some(failure);
            }
            if !self.shared.answers.swap(true, Ordering::AcqRel) {
                tracing::info!(database = %self.shared.url, "the database answers");
            }
            if let Some(looked) = self.looked.take() {
                let _ = looked.try_send(());
            }
            connection.pause(EVERY, &self.shared.closed);
            if self.shared.closing.load(Ordering::Acquire) {
                return None;
            }
        }
    }

    fn look(&mut self, connection: &Connection) -> Result<(), Failure> {
        let deadline = Instant::now() + LOOK_WITHIN;
        let row = connection.wait(deadline, async { Ok(connection.client.query_one(LOOK, &[]).await?) })?;
        if row.get(1) {
            return Err(Failure::ours(Kind::Lost, "the server is a standby now"));
        }
        let revision: i64 = row.get(0);
        if self.revision != Some(revision) {
            self.revision = Some(revision);
            self.shared.revision.fetch_add(1, Ordering::AcqRel);
        }
        if let Some(settled) = self.events.settle(row.get(3)) {
            self.shared.settled_event.store(settled, Ordering::Release);
        }
        if self.events.wants_candidate(row.get(2)) {
            let number = "SELECT pg_current_xact_id()::text::bigint";
            let transaction =
                connection.wait(deadline, async { Ok(connection.client.query_one(number, &[]).await?) })?;
            self.events.candidate = Some((row.get(2), transaction.get(0)));
        }
        Ok(())
    }
}

/// Up to where events are settled. An event gets its number after its transaction has one (the schema sees to that), so
/// all events up to a number that was read belong to transactions older than one that is numbered afterwards; when the
/// oldest transaction that still runs is not older than that one, they have all ended.
#[derive(Debug, Default)]
struct Horizon {
    settled: i64,
    /// An event's number, and a transaction's that was given later.
    candidate: Option<(i64, i64)>,
}

impl Horizon {
    /// Takes the candidate if all transactions before `oldest_running` are what it waits for; gives the new horizon.
    fn settle(&mut self, oldest_running: i64) -> Option<i64> {
        let (event, transaction) = self.candidate?;
        if oldest_running < transaction {
            return None;
        }
        self.candidate = None;
        self.settled = event;
        Some(event)
    }

    fn wants_candidate(&self, last_event: i64) -> bool {
        self.candidate.is_none() && last_event != self.settled
    }
}
