//! PgBouncer between a server and its database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ferrodesk::app::manage::workspaces;
use ferrodesk::storage::{Database, StorageError, StorageMetrics, Store, StoreOptions};

use super::{AT, connect, patient, soon};
use crate::support::{CREATE, Desk, STATUS, TestApp, TestDatabase};

/// The address of a test's database by way of the pooler that `variable` names.
fn by_way_of(variable: &str, database: &TestDatabase) -> String {
    let url = std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set: these tests need PgBouncer, which `script/services --pgbouncer -- cargo nextest run` starts")
    });
    let (address, query) = url.split_once('?').expect("options");
    let (server, _) = address.rsplit_once('/').expect("a database");
    format!("{server}/{}?{query}", database.name())
}

fn open(url: &str) -> Result<Store, StorageError> {
    let options = StoreOptions { writers: 2, readers: 1, ..StoreOptions::default() };
    Database::parse(url).expect("an address").open(&options, StorageMetrics::default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_sessions_of_ones_own_everything_works_and_what_is_revoked_is_known() {
    let home = Desk::at(TestApp::on_postgres()).await;
    let node = home.app.node_with(patient(&by_way_of("TEST_PGBOUNCER_SESSION", home.app.database())));
    let client = home.client_at(&node);
    let ticket = client.post_json(CREATE, &home.ticket_fields().json()).await.ticket_id();
    let close = serde_json::json!({ "ticket": ticket, "status": "3" });
    assert_eq!(client.post_json(STATUS, &close).await.status, 200);
    assert_eq!(home.status(ticket).await, "3");
    assert_eq!(node.stranger().get("//readyz").await.status, 200);
    let (before, name) = (node.state.store().revision(), home.acme.name.clone());
    home.app.write(move |tx| workspaces::set(tx, &name, Some(1), None)).await;
    soon(Duration::from_secs(1), "the change is known", async || node.state.store().revision() > before).await;
    // A schema is made through it as well.
    let empty = TestDatabase::empty_postgres();
    let store = open(&by_way_of("TEST_PGBOUNCER_SESSION", &empty)).expect("it opens");
    store.write(|tx| workspaces::add(tx, "Acme", 0, true, AT)).await.expect("a write");
    store.close();
    node.state.store().close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_that_shares_sessions_is_refused_also_while_others_keep_it_busy() {
    let database = TestDatabase::postgres();
    let url = by_way_of("TEST_PGBOUNCER_TRANSACTION", &database);
    let busy = Arc::new(AtomicBool::new(true));
    let mut others = tokio::task::JoinSet::new();
    for round in 0..40 {
        // Nobody else at first; then more and more who take and leave its sessions.
        if round % 8 == 7 {
            for _ in 0..3 {
                let (busy, client) = (Arc::clone(&busy), connect(&url).await);
                others.spawn(async move {
                    while busy.load(Ordering::SeqCst) {
                        client.batch_execute("SELECT pg_sleep(random() * 0.004)").await.expect("an answer");
                    }
                });
            }
        }
        let url = url.clone();
        let opened = tokio::task::spawn_blocking(move || open(&url)).await.expect("no panic");
        let message = opened.err().expect("a refusal").to_string();
        assert!(message.contains("pool_mode = session"), "round {round}: {message}");
    }
    busy.store(false, Ordering::SeqCst);
    others.join_all().await;
}
