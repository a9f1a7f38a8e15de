//! The feed of events: whoever follows it sees every event once, in order, whatever the order of the commits.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ferrodesk::app::manage::workspaces;
use ferrodesk::domain::event::{Change, Event};
use ferrodesk::domain::{ConversationId, Error, EventId, TicketId, UserId, WorkspaceId};
use ferrodesk::storage::{Store, Tx, queries};

use super::{AT, connect, soon};
use crate::support::TestDatabase;

/// How soon an event must be in the feed, on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// Longer than it takes to look twice: what would be published wrongly has been by then.
const A_FEW_LOOKS: Duration = Duration::from_millis(1500);

fn event(workspace: WorkspaceId, number: i64) -> Event {
    let change = Change::Replied { conversation: ConversationId(number) };
    Event { workspace, ticket: TicketId(number), actor: UserId(1), at: AT, change }
}

async fn acme(store: &Store) -> WorkspaceId {
    store.write(|tx| workspaces::add(tx, "Acme", 0, true, AT)).await.expect("a workspace")
}

async fn append(store: &Store, workspace: WorkspaceId, number: i64) {
    let append = move |tx: &mut dyn Tx| Ok(queries::events::append(tx, &event(workspace, number))?);
    store.write(append).await.expect("an event");
}

/// The numbers of the tickets in the feed, after `after`.
async fn page(store: &Store, workspace: WorkspaceId, after: EventId) -> Vec<(EventId, i64)> {
    let page = store.read(move |tx| Ok(queries::events::page(tx, workspace, after, 100)?)).await.expect("a page");
    page.into_iter().map(|event| (event.id, event.ticket.0)).collect()
}

async fn published(store: &Store, workspace: WorkspaceId) -> Vec<i64> {
    page(store, workspace, EventId(0)).await.into_iter().map(|(_, number)| number).collect()
}

const RAW: &str = "INSERT INTO event (workspace_id, ticket_id, actor_id, at, kind, after) VALUES ";

#[tokio::test]
async fn an_event_whose_transaction_commits_late_is_not_skipped() {
    let database = TestDatabase::postgres();
    let (store, elsewhere) = (database.open(), database.open());
    let workspace = acme(&store).await;
    let late = connect(database.url()).await;
    late.batch_execute(&format!("BEGIN; {RAW} ({}, 1, 1, 1, 'x', '{{}}')", workspace.0)).await.expect("an event");
    append(&store, workspace, 2).await;
    tokio::time::sleep(A_FEW_LOOKS).await;
    for store in [&store, &elsewhere] {
        assert_eq!(published(store, workspace).await, [0; 0], "the first has not been committed yet");
    }
    late.batch_execute("COMMIT").await.expect("a commit");
    for store in [&store, &elsewhere] {
        soon(SOON, "both are published", async || published(store, workspace).await == [1, 2]).await;
    }
}

#[tokio::test]
async fn an_event_that_is_rolled_back_holds_nothing_up() {
    let database = TestDatabase::postgres();
    let store = database.open();
    let workspace = acme(&store).await;
    let other = connect(database.url()).await;
    other.batch_execute(&format!("BEGIN; {RAW} ({}, 1, 1, 1, 'x', '{{}}')", workspace.0)).await.expect("an event");
    append(&store, workspace, 2).await;
    other.batch_execute("ROLLBACK").await.expect("a rollback");
    soon(SOON, "the other is published", async || published(&store, workspace).await == [2]).await;
    // A transaction that only took a number, and one that never wrote an event.
    store.write(|tx| workspaces::add(tx, "Other", 0, true, AT)).await.expect("a write");
    append(&store, workspace, 3).await;
    soon(SOON, "the next is published", async || published(&store, workspace).await == [2, 3]).await;
}

#[tokio::test]
async fn a_transaction_that_runs_long_only_delays() {
    let database = TestDatabase::postgres();
    let store = database.open();
    let workspace = acme(&store).await;
    append(&store, workspace, 1).await;
    soon(SOON, "the first is published", async || published(&store, workspace).await == [1]).await;
    let long = connect(database.url()).await;
    long.batch_execute("BEGIN; UPDATE workspace SET reopen_on_reply = FALSE").await.expect("a change");
    append(&store, workspace, 2).await;
    tokio::time::sleep(A_FEW_LOOKS).await;
    let meanwhile = published(&store, workspace).await;
    assert!(meanwhile == [1] || meanwhile == [1, 2], "{meanwhile:?}");
    long.batch_execute("COMMIT").await.expect("a commit");
    soon(SOON, "the second is published", async || published(&store, workspace).await == [1, 2]).await;
}

#[tokio::test]
async fn events_from_before_a_server_started_are_published_and_those_under_way_then_not_skipped() {
    let database = TestDatabase::postgres();
    let before = database.open();
    let workspace = acme(&before).await;
    append(&before, workspace, 1).await;
    before.close();
    let late = connect(database.url()).await;
    late.batch_execute(&format!("BEGIN; {RAW} ({}, 2, 1, 1, 'x', '{{}}')", workspace.0)).await.expect("an event");
    let writer = connect(database.url()).await;
    writer.batch_execute(&format!("{RAW} ({}, 3, 1, 1, 'x', '{{}}')", workspace.0)).await.expect("an event");
    let store = database.open();
    tokio::time::sleep(A_FEW_LOOKS).await;
    let seen = published(&store, workspace).await;
    assert!(!seen.contains(&3), "{seen:?}");
    late.batch_execute("COMMIT").await.expect("a commit");
    soon(SOON, "all are published", async || published(&store, workspace).await == [1, 2, 3]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn under_load_a_follower_sees_every_event_once_and_in_order() {
    const WRITERS: i64 = 6;
    const EACH: i64 = 40;
    const KEPT: usize = 192;
    let database = TestDatabase::postgres();
    let stores = [database.open(), database.open()];
    let workspace = acme(&stores[0]).await;
    let done = Arc::new(AtomicBool::new(false));
    let mut followers = tokio::task::JoinSet::new();
    for store in stores.clone() {
        let done = Arc::clone(&done);
        followers.spawn(async move {
            let (mut cursor, mut seen, mut quiet) = (EventId(0), Vec::new(), 0);
            let started = Instant::now();
            // All of them, and whatever comes behind: what any other database of the server does delays the feed.
            while quiet < 20 && started.elapsed() < Duration::from_mins(1) {
                let was_done = done.load(Ordering::SeqCst);
                let news = page(&store, workspace, cursor).await;
                quiet = if was_done && news.is_empty() && seen.len() >= KEPT { quiet + 1 } else { 0 };
                for (id, number) in news {
                    assert!(id > cursor, "ids grow");
                    cursor = id;
                    seen.push(number);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            seen
        });
    }
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let store = stores[usize::try_from(writer % 2).expect("small")].clone();
        writers.spawn(async move {
            for round in 0..EACH {
                let number = writer * EACH + round;
                let rolls_back = number % 5 == 0;
                let outcome = store
                    .write(move |tx| {
                        queries::events::append(tx, &event(workspace, number))?;
                        // Sent now, so that its number is taken before the pause.
                        workspaces::list(tx)?;
                        std::thread::sleep(Duration::from_millis(number.unsigned_abs() * 7919 % 23));
                        if rolls_back { Err(Error::NotFound) } else { Ok(()) }
                    })
                    .await;
                assert_eq!(outcome.is_err(), rolls_back);
            }
        });
    }
    while let Some(written) = writers.join_next().await {
        written.expect("no panic");
    }
    done.store(true, Ordering::SeqCst);
    let expected: BTreeSet<_> = (0..WRITERS * EACH).filter(|number| number % 5 != 0).collect();
    for seen in followers.join_all().await {
        assert_eq!(seen.len(), expected.len(), "each once");
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), expected);
    }
}
