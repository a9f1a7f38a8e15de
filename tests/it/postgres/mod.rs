//! What is PostgreSQL's own: many writers, many servers, a network between.

mod conflicts;
mod connections;
mod event_feed;
mod integrity;
mod locks;
mod migrations;
mod nodes;
mod nul;
mod outages;
mod pooler;
pub mod proxy;
mod races;
mod replica;
mod revocation;
mod schema;
mod security;
mod sessions;
mod unanswered_commits;

use std::time::{Duration, Instant};

use ferrodesk::domain::{Error, Timestamp};
use ferrodesk::storage::{Database, StorageMetrics, Store, StoreOptions};
use tokio_postgres::{Client, NoTls};

use crate::support::TestDatabase;

const AT: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// What clients are promised: an answer within two seconds, with a margin for a machine that is busy.
const PROMISED: Duration = Duration::from_millis(2500);

/// A connection past the store.
async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the server answers");
    tokio::spawn(connection);
    client
}

/// A store with the patience that servers have, and few connections.
fn impatient(url: &str) -> Store {
    open(url, StoreOptions::default().patience)
}

/// A store that waits for a slow machine.
fn patient(url: &str) -> Store {
    open(url, Duration::from_secs(20))
}

fn open(url: &str, patience: Duration) -> Store {
    let options = StoreOptions { writers: 3, readers: 2, patience, ..StoreOptions::default() };
    Database::parse(url).expect("an address").open(&options, StorageMetrics::default()).expect("the database opens")
}

/// Waits until `holds`, for so long; gives how long it took.
#[track_caller]
fn soon(within: Duration, what: &str, mut holds: impl AsyncFnMut() -> bool) -> impl Future<Output = Duration> {
    let what = what.to_owned();
    async move {
        let started = Instant::now();
        while !holds().await {
            assert!(started.elapsed() < within, "{what}: not within {within:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        started.elapsed()
    }
}

/// How many of the server's other sessions, of whoever, are as `condition` says in this database.
async fn sessions(database: &TestDatabase, condition: &str) -> i64 {
    let sql = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND {condition}"
    );
    connect(database.url()).await.query_one(&sql, &[]).await.expect("a count").get(0)
}

fn is_busy<T>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::Busy { .. }))
}
