//! Noticing that others work on a database.

use std::time::{Duration, Instant};

use super::connection::{Connection, Use};
use super::failure::Failure;
use super::url::PostgresUrl;
use crate::storage::StorageError;

/// All of ours say who they are (`url.rs`).
const OTHERS: &str = "SELECT COUNT(*) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'ferrodesk' AND pid <> pg_backend_pid()";

/// How long a connection may take to end after the process that had it.
const ENDED_WITHIN: Duration = Duration::from_secs(3);

/// Whether servers or commands of ours are connected to the database; those of another user of PostgreSQL do not show.
pub fn is_in_use(url: &PostgresUrl) -> Result<bool, StorageError> {
    // On a thread of its own, because the caller's may be driving a runtime.
    let looked = std::thread::scope(|scope| scope.spawn(|| look(url)).join());
    let looked = looked.map_err(|_| StorageError::Schema("looking at the database panicked".to_owned()))?;
    looked.map_err(|failure| StorageError::Schema(format!("cannot use {url}: {}", failure.cause)))
}

fn look(url: &PostgresUrl) -> Result<bool, Failure> {
    let connection = Connection::open(url, Use { writes: false, statement_within: None })?;
    let asked = Instant::now();
    loop {
        let others: i64 = connection
            .wait(asked + 2 * ENDED_WITHIN, async { Ok(connection.client.query_one(OTHERS, &[]).await?.get(0)) })?;
        if others == 0 || asked.elapsed() > ENDED_WITHIN {
            return Ok(others > 0);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
