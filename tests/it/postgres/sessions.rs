//! What a session is set to, whatever the server's defaults.

use std::time::Duration;

use ferrodesk::storage::{Database, StorageMetrics, Store, StoreOptions, Tx};

use super::{connect, open};
use crate::support::TestDatabase;

const SETTINGS: &str = "SELECT current_setting('synchronous_commit'), current_setting('statement_timeout'),
     current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout'),
     current_setting('transaction_isolation'), current_setting('transaction_read_only')";

/// What is set inside a write and inside a read.
async fn settings(store: &Store) -> [Vec<String>; 2] {
    let ask = |tx: &mut dyn Tx| {
        let mut found = Vec::new();
        tx.query(SETTINGS, &[], &mut |row| {
            for column in 0..6 {
                found.push(row.text(column)?.to_owned());
            }
            Ok(())
        })?;
        Ok(found)
    };
    [store.write(ask).await.expect("a write"), store.read(ask).await.expect("a read")]
}

#[tokio::test]
async fn a_commit_waits_for_the_disk_and_nothing_waits_for_ever_whatever_the_defaults() {
    let database = TestDatabase::postgres();
    let name = database.name();
    let defaults = [
        "synchronous_commit = off",
        "statement_timeout = 0",
        "lock_timeout = 0",
        "idle_in_transaction_session_timeout = 0",
        "default_transaction_isolation = 'serializable'",
    ];
    for default in defaults {
        database.run(&format!("ALTER DATABASE {name} SET {default}"));
    }
    let client = connect(database.url()).await;
    let plain: String = client.query_one("SHOW synchronous_commit", &[]).await.expect("a setting").get(0);
    assert_eq!(plain, "off", "the default took effect");
    let store = open(database.url(), Duration::from_millis(1600));
    let [write, read] = settings(&store).await;
    assert_eq!(write, ["on", "1600ms", "1200ms", "10s", "read committed", "off"]);
    assert_eq!(read, ["on", "1600ms", "1200ms", "10s", "repeatable read", "on"]);
}

#[tokio::test]
async fn a_synchronous_replica_that_the_operator_asked_for_is_waited_for() {
    let database = TestDatabase::postgres();
    for wanted in ["remote_apply", "remote_write", "local", "on"] {
        database.run(&format!("ALTER DATABASE {} SET synchronous_commit = {wanted}", database.name()));
        let store = database.open();
        assert_eq!(settings(&store).await[0][0], wanted);
        store.close();
    }
}

#[test]
fn a_database_that_is_not_utf_8_is_refused() {
    let database = TestDatabase::create("ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
    let refused = database.database().open(&StoreOptions::default(), StorageMetrics::default());
    let message = refused.err().expect("a refusal").to_string();
    assert!(message.contains("SQL_ASCII") && message.contains("UTF8"), "{message}");
}

#[test]
fn a_database_that_takes_no_writes_is_refused() {
    let database = TestDatabase::postgres();
    database.run(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name()));
    let refused =
        Database::parse(database.url()).expect("an address").open(&StoreOptions::default(), StorageMetrics::default());
    let message = refused.err().expect("a refusal").to_string();
    assert!(message.contains("does not allow writes") && message.contains(database.name()), "{message}");
}
