//! The schema, brought up to date at every start, while other nodes serve.

use std::time::{Duration, Instant};

use refinery::Runner;

use super::connection::{self, Connection, Use};
use super::failure::{self, Failure};
use super::indexes;
use super::url::PostgresUrl;
use crate::storage::StorageError;
use crate::storage::schema;

mod embedded {
    refinery::embed_migrations!("migrations/postgres");
}

/// How long to wait for another node that is bringing the schema up to date.
const TURN_WITHIN: Duration = Duration::from_mins(10);

/// How long asking for what is there may take.
const LOOK_WITHIN: Duration = Duration::from_secs(5);

/// Chosen once, so that nobody else's advisory lock has it.
const LOCK: i64 = 0x6665_7272_6f64_6573;

/// Applies what is missing of the schema. Nodes that start at once take turns. A statement that has to wait for most of a
/// second for a table's lock gives up, because everybody else would queue behind it; the next start tries again. Indexes
/// that are built beside those who write have longer.
pub fn bring_up_to_date(url: &PostgresUrl) -> Result<(), StorageError> {
    let cannot = |failure: Failure| StorageError::Schema(format!("cannot use {url}: {}", failure.cause));
    let open = || Connection::open(url, Use { writes: true, statement_within: None }).map_err(cannot);
    let mut connection = open()?;
    if shares_sessions(&connection, &open()?).map_err(cannot)? {
        return Err(StorageError::Schema(SHARED_SESSIONS.to_owned()));
    }
    refuse_what_cannot_work(&connection).map_err(cannot)??;
    let runner: Runner = embedded::migrations::runner().set_abort_missing(false);
    let known = schema::newest(&runner);
    let before = state(&connection).map_err(cannot)?;
    // Which indexes a newer schema has, only newer programs know.
    let is_newer = before.applied > known;
    if before.is_enough(known)? && (is_newer || indexes::missing(&connection).map_err(cannot)?.is_empty()) {
        return Ok(());
    }
    let asked = Instant::now();
    loop {
        let is_ours = connection.wait(Instant::now() + LOOK_WITHIN, async {
            Ok(connection.client.query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK]).await?.get(0))
        });
        if is_ours.map_err(cannot)? {
            break;
        }
        if asked.elapsed() > TURN_WITHIN {
            return Err(StorageError::Schema(format!("another process has been migrating {url} for ten minutes")));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    // Another node may have done it meanwhile. The lock goes with the connection.
    if !state(&connection).map_err(cannot)?.is_enough(known)? {
        connection
            .block_on(async |client| {
                // Everybody else queues behind a statement that waits for a table.
                client.batch_execute("SET lock_timeout = 800").await?;
                Ok::<_, Box<dyn std::error::Error>>(runner.run_async(client).await?)
            })
            .map_err(|e| {
                let cause = failure::with_sources(&*e);
                StorageError::Schema(format!("cannot bring the schema of {url} up to date: {cause}"))
            })?;
    }
    for index in indexes::missing(&connection).map_err(cannot)? {
        indexes::build(&mut connection, &index)
            .map_err(|failure| StorageError::Schema(format!("{url}: {}", index.complaint(&failure))))?;
    }
    Ok(())
}

fn state(connection: &Connection) -> Result<schema::State, Failure> {
    connection.wait(Instant::now() + LOOK_WITHIN, async {
        let client = &connection.client;
        let there =
            "SELECT to_regclass('refinery_schema_history') IS NOT NULL, to_regclass('installation') IS NOT NULL";
        let there = client.query_one(there, &[]).await?;
        let mut state = schema::State::default();
        if there.get(0) {
            let applied = client.query_one("SELECT MAX(version)::bigint FROM refinery_schema_history", &[]).await?;
            state.applied = applied.get::<_, Option<i64>>(0).unwrap_or_default();
        }
        if there.get(1) {
            let oldest = "SELECT oldest_program_schema FROM installation WHERE id = 1";
            state.oldest_program = client.query_one(oldest, &[]).await?.get(0);
        }
        Ok(state)
    })
}

const SHARED_SESSIONS: &str = "the database is behind a pooler that shares sessions between clients (pgbouncer's \
     pool_mode = transaction or statement): set pool_mode = session, or connect to PostgreSQL itself";

/// How often two connections are compared. Once would be enough for a pooler that has nobody else to serve; when others
/// take and leave its sessions meanwhile, two connections may seem to have one each, but not again and again.
const COMPARISONS: u32 = 10;

/// Whether two connections are not sessions of their own: in turn, one holds a transaction open while the other asks
/// which session it has.
fn shares_sessions(one: &Connection, other: &Connection) -> Result<bool, Failure> {
    if one.backend == other.backend {
        return Ok(true);
    }
    for _ in 0..COMPARISONS {
        for (holds, asks) in [(one, other), (other, one)] {
            if backend(holds, "BEGIN")? != holds.backend || backend(asks, "")? != asks.backend {
                return Ok(true);
            }
            backend(holds, "COMMIT")?;
        }
    }
    Ok(false)
}

/// Runs a statement, and gives what the server calls the process that runs the next.
fn backend(connection: &Connection, statement: &str) -> Result<i32, Failure> {
    connection.wait(Instant::now() + LOOK_WITHIN, async {
        connection.client.batch_execute(statement).await?;
        Ok(connection::behind(&connection.client).await?.0)
    })
}

/// Says what of the server's settings is in the way.
fn refuse_what_cannot_work(connection: &Connection) -> Result<Result<(), StorageError>, Failure> {
    let settings = "SELECT current_setting('server_encoding'), current_setting('fsync'),
         current_setting('server_version_num')::int";
    let row = connection
        .wait(Instant::now() + LOOK_WITHIN, async { Ok(connection.client.query_one(settings, &[]).await?) })?;
    let (encoding, fsync, version): (String, String, i32) = (row.get(0), row.get(1), row.get(2));
    let refuse = |reason: String| Ok(Err(StorageError::Schema(reason)));
    if encoding != "UTF8" {
        return refuse(format!(
            "the database's encoding is {encoding}: it must be UTF8 (CREATE DATABASE … ENCODING 'UTF8')"
        ));
    }
    if version < 150_000 {
        return refuse(format!("the server is PostgreSQL {}: 15 or later is needed", version / 10_000));
    }
    if fsync != "on" {
        tracing::warn!("the server runs with fsync = off: what is acknowledged is lost when its machine fails");
    }
    Ok(Ok(()))
}
