//! How far the primary's log is, and how far the replica has replayed it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio_postgres::Statement;

use super::super::connection::{Connection, Use, behind};
use super::super::failure::{Failure, Kind};
use super::{Route, Server};

/// How long an answer may take. Reads wait for it, and must then still have time to go to the primary.
const ANSWER_WITHIN: Duration = Duration::from_millis(200);

/// How long connecting's own questions may take, while no read waits.
const CHECK_WITHIN: Duration = Duration::from_secs(1);

/// Tells one database from all others: its cluster, its database there, and its schema.
const WHICH_DATABASE: &str =
    "SELECT pg_is_in_recovery(), concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
     (SELECT oid FROM pg_database WHERE datname = current_database()), 'revision'::regclass::oid)";

/// Up to here the primary's log is on its disk. A commit is answered, and its changes are seen by others, only after
/// that.
const OF_PRIMARY: &str = "SELECT ('x' || left(pg_walfile_name(at), 8))::bit(32)::int, (at - '0/0'::pg_lsn)::bigint
     FROM pg_current_wal_flush_lsn() at";

/// The timeline is the newest that the replica is known to be on: of its connection to the primary, which not every role
/// may see, and of its own notes, which may be minutes old. An older one than the primary's only means to wait.
const OF_REPLICA: &str = "SELECT greatest((SELECT received_tli FROM pg_stat_get_wal_receiver()),
     (SELECT timeline_id FROM pg_control_checkpoint()), (SELECT min_recovery_end_timeline FROM pg_control_recovery())),
     (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint, pg_is_in_recovery()";

/// A place in a log. A standby that is promoted begins a new timeline; places on two of them cannot be compared, because
/// one may have what the other has lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    timeline: i32,
    bytes: i64,
}

impl Position {
    /// Of which it is not known yet where it is: nobody gets there.
    pub const NEVER: Self = Self { timeline: i32::MIN, bytes: i64::MAX };

    /// Whether who is here has all that was logged before `other`.
    pub fn includes(self, other: Self) -> bool {
        self.timeline == other.timeline && self.bytes >= other.bytes
    }

    /// How many bytes of log are between this and `later`.
    pub fn bytes_to(self, later: Self) -> i64 {
        (later.bytes - self.bytes).max(0)
    }
}

/// A connection to each of the two servers, for nothing but these questions.
pub struct Positions {
    primary: Connection,
    replica: Connection,
    of_primary: Statement,
    of_replica: Statement,
    /// What `Shared::generation` was when the primary was connected to.
    generation: u64,
    pub server: Server,
}

impl Positions {
    /// Connects to both, and makes sure that one is a standby of the other.
    pub fn connect(route: &Route) -> Result<Self, Failure> {
        let generation = route.shared.generation.load(Ordering::Acquire);
        let open = |url, writes| Connection::open(url, Use { writes, statement_within: Some(ANSWER_WITHIN) });
        let replica = open(&route.url, false)?;
        let (is_standby, of_replica) = which_database(&replica)?;
        if !is_standby {
            return Err(Failure::ours(Kind::Final, "it is no standby: it takes writes itself"));
        }
        let primary = open(&route.shared.url, true)?;
        if which_database(&primary)?.1 != of_replica {
            return Err(Failure::ours(Kind::Final, "it is no standby of this database, but of another"));
        }
        Ok(Self {
            of_primary: prepare(&primary, OF_PRIMARY)?,
            of_replica: prepare(&replica, OF_REPLICA)?,
            server: which_server(&replica)?,
            primary,
            replica,
            generation,
        })
    }

    /// Where the primary's log ends now: all that was committed before this was called is before it.
    pub fn of_primary(&self, route: &Route) -> Result<Position, Failure> {
        if self.generation != route.shared.generation.load(Ordering::Acquire) {
            return Err(Failure::ours(Kind::Lost, "another server has taken over as primary"));
        }
        let row = self.primary.wait(Instant::now() + ANSWER_WITHIN, async {
            Ok(self.primary.client.query_one(&self.of_primary, &[]).await?)
        })?;
        Ok(Position { timeline: row.get(0), bytes: row.get(1) })
    }

    /// Up to where the replica shows everything.
    pub fn of_replica(&self) -> Result<Position, Failure> {
        let row = self.replica.wait(Instant::now() + ANSWER_WITHIN, async {
            Ok(self.replica.client.query_one(&self.of_replica, &[]).await?)
        })?;
        if !row.get::<_, bool>(2) {
            return Err(Failure::ours(Kind::Final, "it was promoted: it takes writes itself"));
        }
        // Null before anything was replayed.
        Ok(Position { timeline: row.get(0), bytes: row.get::<_, Option<i64>>(1).unwrap_or_default() })
    }
}

/// Which server a connection leads to, if it keeps to one.
pub fn which_server(connection: &Connection) -> Result<Server, Failure> {
    let (backend, server) =
        connection.wait(Instant::now() + CHECK_WITHIN, async { Ok(behind(&connection.client).await?) })?;
    if backend != connection.backend {
        return Err(Failure::ours(Kind::Final, "it is behind a pooler that shares sessions between clients"));
    }
    Ok(Arc::from(server))
}

fn which_database(connection: &Connection) -> Result<(bool, String), Failure> {
    let row = connection
        .wait(Instant::now() + CHECK_WITHIN, async { Ok(connection.client.query_one(WHICH_DATABASE, &[]).await?) })?;
    Ok((row.get(0), row.get(1)))
}

fn prepare(connection: &Connection, sql: &str) -> Result<Statement, Failure> {
    connection.wait(Instant::now() + CHECK_WITHIN, async { Ok(connection.client.prepare(sql).await?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(timeline: i32, bytes: i64) -> Position {
        Position { timeline, bytes }
    }

    #[test]
    fn what_was_replayed_counts_on_the_same_timeline_alone() {
        assert!(at(1, 100).includes(at(1, 100)));
        assert!(at(1, 101).includes(at(1, 100)));
        assert!(!at(1, 99).includes(at(1, 100)));
        // A standby that had more than the one that was promoted, and one that has not heard of it yet.
        assert!(!at(1, 200).includes(at(2, 100)));
        assert!(!at(2, 200).includes(at(1, 100)));
        assert!(!Position::default().includes(at(1, 0)));
    }
}
