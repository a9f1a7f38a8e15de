//! Connections that break, at the worst moments.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ferrodesk::app::manage::workspaces;
use ferrodesk::domain::Error;
use ferrodesk::storage::Store;
use rstest::rstest;

use super::proxy::{Cut, Proxy};
use super::{AT, connect, is_busy, patient};
use crate::support::TestDatabase;

const OTHERS: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()";

async fn names(store: &Store) -> Vec<String> {
    store.read(workspaces::list).await.expect("a list").into_iter().map(|workspace| workspace.name).collect()
}

#[tokio::test]
async fn connections_that_were_killed_while_idle_are_not_noticed_by_requests() {
    let database = TestDatabase::postgres();
    let store = database.open();
    let killer = connect(database.url()).await;
    for round in 0..5 {
        // All of them have been used.
        for _ in 0..6 {
            names(&store).await;
            store.write(|tx| workspaces::list(tx)).await.expect("a write");
        }
        let ended: i64 = killer.query_one(OTHERS, &[]).await.expect("a kill").get(0);
        assert!(ended > 0, "none was there to kill");
        let name = round.to_string();
        store.write(move |tx| workspaces::add(tx, &name, 0, true, AT)).await.expect("the next write");
        assert_eq!(names(&store).await.len(), round + 1);
    }
}

#[tokio::test]
async fn a_closure_whose_connection_is_killed_before_it_commits_is_run_again() {
    let database = TestDatabase::postgres();
    let store = database.open();
    let runs = Arc::new(AtomicUsize::new(0));
    let (counted, url) = (Arc::clone(&runs), database.url().to_owned());
    let written = store.write(move |tx| {
        workspaces::add(tx, "Acme", 0, true, AT)?;
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            // Waits until they are gone: a kill is only a signal.
            let gone = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
            crate::support::database::run_on(&url, gone);
        }
        Ok(workspaces::list(tx)?.len())
    });
    assert_eq!(written.await.expect("the write"), 1);
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_eq!(names(&store).await, ["Acme"]);
}

#[rstest]
#[case::lost_on_its_way(Cut::BeforeTheServer, &[])]
#[case::done_and_not_answered(Cut::BeforeTheAnswer, &["Acme"])]
#[tokio::test]
async fn a_commit_of_which_nobody_hears_is_busy_and_not_run_again(#[case] cut: Cut, #[case] done: &[&str]) {
    let database = TestDatabase::postgres();
    let proxy = Proxy::to(database.url());
    let store = patient(&proxy.url(database.url()));
    // Prepares what there is to prepare, on both.
    for _ in 0..4 {
        names(&store).await;
        store.write(|tx| workspaces::list(tx)).await.expect("a write");
    }
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let armed = Arc::new(proxy);
    let proxy = Arc::clone(&armed);
    let written: Result<(), Error> = store
        .write(move |tx| {
            counted.fetch_add(1, Ordering::SeqCst);
            workspaces::add(tx, "Acme", 0, true, AT)?;
            armed.cut_next_commit(cut);
            Ok(())
        })
        .await;
    assert!(is_busy(&written), "{written:?}");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    // The next is served, on whichever connection.
    store.write(|tx| workspaces::add(tx, "Globex", 0, true, AT)).await.expect("the next write");
    let expected: Vec<_> = done.iter().copied().chain(["Globex"]).collect();
    assert_eq!(names(&store).await, expected);
    drop(proxy);
}

#[tokio::test]
async fn a_read_whose_connection_breaks_is_run_again_even_at_its_end() {
    let database = TestDatabase::postgres();
    let proxy = Arc::new(Proxy::to(database.url()));
    let store = patient(&proxy.url(database.url()));
    let was_run = AtomicUsize::new(0);
    let read = store.read(move |tx| {
        let found = workspaces::list(tx)?.len();
        if was_run.fetch_add(1, Ordering::SeqCst) == 0 {
            proxy.cut_next_commit(Cut::BeforeTheServer);
        }
        Ok((found, was_run.load(Ordering::SeqCst)))
    });
    assert_eq!(read.await.expect("a read"), (0, 2));
}
