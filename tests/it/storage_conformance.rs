//! What every storage engine must do, whatever it is made of. A new engine is one more call of `conforms`.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use ferrodesk::app::manage::{apikeys, workspaces};
use ferrodesk::domain::{Error, Timestamp, WorkspaceId};
use ferrodesk::identity::apikey::Apikey;
use ferrodesk::storage::{Param, Sequence, StorageMetrics, Store, StoreOptions, Tx, queries};
use tempfile::TempDir;

const AT: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// A way to open one and the same database, as often as wanted.
struct Engine {
    folder: TempDir,
}

impl Engine {
    fn sqlite() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("ferrodesk.db")
    }

    fn open(&self) -> Store {
        self.open_with(&StoreOptions::default())
    }

    fn open_with(&self, options: &StoreOptions) -> Store {
        Store::open_sqlite(&self.path(), options, StorageMetrics::default()).expect("the database opens")
    }
}

fn add(name: &str) -> impl Fn(&mut dyn Tx) -> Result<WorkspaceId, Error> + Send + use<> {
    let name = name.to_owned();
    move |tx| workspaces::add(tx, &name, 10, true, AT)
}

async fn names(store: &Store) -> Vec<String> {
    let all = store.read(workspaces::list).await.expect("a list");
    all.into_iter().map(|workspace| workspace.name).collect()
}

#[tokio::test]
async fn what_is_written_is_there_for_every_later_read_and_after_a_restart() {
    let engine = Engine::sqlite();
    let store = engine.open();
    for number in 0..20 {
        store.write(add(&number.to_string())).await.expect("a write");
        assert_eq!(names(&store).await.len(), number + 1);
    }
    store.close();
    assert_eq!(names(&engine.open()).await.len(), 20);
}

#[tokio::test]
async fn a_closure_that_fails_is_undone_whole_and_alone() {
    let store = Engine::sqlite().open_in_place();
    let mut writes = tokio::task::JoinSet::new();
    for number in 0..200 {
        let store = store.clone();
        writes.spawn(async move {
            let fails = number % 3 == 0;
            let outcome = store
                .write(move |tx| {
                    workspaces::add(tx, &number.to_string(), 10, true, AT)?;
                    if fails { Err(Error::NotFound) } else { Ok(()) }
                })
                .await;
            assert_eq!(outcome.is_err(), fails);
        });
    }
    writes.join_all().await;
    let kept: HashSet<_> = names(&store).await.into_iter().collect();
    let expected: HashSet<_> = (0..200).filter(|n| n % 3 != 0).map(|n: i32| n.to_string()).collect();
    assert_eq!(kept, expected);
}

#[tokio::test]
async fn a_closure_that_panics_fails_alone() {
    let store = Engine::sqlite().open_in_place();
    let panicking = store.write(|tx| -> Result<(), Error> {
        workspaces::add(tx, "lost", 10, true, AT)?;
        panic!("as this test wants it")
    });
    let (panicked, beside) = tokio::join!(panicking, store.write(add("beside")));
    assert!(matches!(panicked, Err(Error::Internal { .. })), "{panicked:?}");
    beside.expect("the other write");
    let reading = store.read(|_| -> Result<(), Error> { panic!("as this test wants it") }).await;
    assert!(matches!(reading, Err(Error::Internal { .. })));
    assert_eq!(names(&store).await, ["beside"]);
}

#[tokio::test]
async fn a_read_cannot_write() {
    let store = Engine::sqlite().open_in_place();
    let refused = store.read(add("sneaky")).await;
    assert!(matches!(refused, Err(Error::Internal { .. })), "{refused:?}");
    assert!(names(&store).await.is_empty());
}

#[tokio::test]
async fn a_read_sees_one_moment() {
    let store = Engine::sqlite().open_in_place();
    let (started, has_started) = std::sync::mpsc::sync_channel::<()>(0);
    let (go_on, may_go_on) = std::sync::mpsc::sync_channel::<()>(0);
    let may_go_on = std::sync::Mutex::new(may_go_on);
    let reading = tokio::spawn({
        let store = store.clone();
        async move {
            store
                .read(move |tx| {
                    let before = workspaces::list(tx)?.len();
                    started.send(()).map_err(Error::internal)?;
                    may_go_on.lock().expect("no panic").recv().map_err(Error::internal)?;
                    Ok((before, workspaces::list(tx)?.len()))
                })
                .await
        }
    });
    tokio::task::spawn_blocking(move || has_started.recv()).await.expect("a thread").expect("the read begins");
    store.write(add("meanwhile")).await.expect("a write beside the read");
    go_on.send(()).expect("the read waits");
    assert_eq!(reading.await.expect("a task").expect("a read"), (0, 0));
    assert_eq!(names(&store).await, ["meanwhile"]);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_loses_nothing_that_it_took() {
    let engine = Engine::sqlite();
    let store = engine.open_with(&StoreOptions { queue: 2, ..StoreOptions::default() });
    let (started, has_started) = std::sync::mpsc::sync_channel::<()>(0);
    let (go_on, may_go_on) = std::sync::mpsc::sync_channel::<()>(0);
    let may_go_on = std::sync::Mutex::new(may_go_on);
    let blocking = tokio::spawn({
        let store = store.clone();
        async move {
            store
                .write(move |_| {
                    started.send(()).map_err(Error::internal)?;
                    may_go_on.lock().expect("no panic").recv().map_err(Error::internal)
                })
                .await
        }
    });
    tokio::task::spawn_blocking(move || has_started.recv()).await.expect("a thread").expect("the write begins");
    let mut waiting = Vec::new();
    let mut refused = 0;
    for number in 0..5 {
        let mut write = Box::pin(store.write(add(&number.to_string())));
        match futures_util::poll!(&mut write) {
            std::task::Poll::Ready(Err(Error::Busy { .. })) => refused += 1,
            std::task::Poll::Ready(other) => panic!("{other:?}"),
            std::task::Poll::Pending => waiting.push(write),
        }
    }
    assert_eq!((waiting.len(), refused), (2, 3));
    go_on.send(()).expect("the write waits");
    blocking.await.expect("a task").expect("a write");
    for write in waiting {
        write.await.expect("what was taken is done");
    }
    assert_eq!(names(&store).await.len(), 2);
}

#[tokio::test]
async fn ids_are_handed_out_once() {
    let engine = Engine::sqlite();
    // Two stores on one database, as a server and a command beside it are.
    let stores = [engine.open(), engine.open()];
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..100 {
        let store = stores[number % 2].clone();
        tasks.spawn(async move { store.write(|tx| Ok(tx.next_id(Sequence::Ticket)?)).await.expect("an id") });
    }
    let ids: HashSet<_> = tasks.join_all().await.into_iter().collect();
    assert_eq!(ids.len(), 100);
}

#[tokio::test]
async fn values_come_back_as_they_went_in() {
    let store = Engine::sqlite().open_in_place();
    for (text, bytes) in [("", vec![]), ("a\u{0}b ü 🦀", vec![0, 255, 13, 10]), ("'; --", vec![0; 100_000])] {
        let sent = (text.to_owned(), bytes.clone());
        let key = bytes.len().to_string();
        let got = store
            .write(move |tx| {
                let workspace = workspaces::add(tx, &format!("of {key}"), 10, true, AT)?;
                let scope = queries::idempotency::Scope { workspace, principal: &sent.0, key: &key };
                queries::idempotency::claim(tx, scope, &sent.1, Timestamp(i64::MIN), Timestamp(i64::MAX))?;
                queries::idempotency::keep(tx, scope, &sent.1)?;
                Ok(queries::idempotency::find(tx, scope, Timestamp(0))?.expect("what was kept"))
            })
            .await
            .expect("a write");
        assert_eq!((got.fingerprint, got.answer), (bytes.clone(), bytes));
    }
}

#[tokio::test]
async fn the_revision_grows_at_once_here_and_soon_elsewhere() {
    let engine = Engine::sqlite();
    let (here, elsewhere) = (engine.open(), engine.open());
    let (before_here, before_elsewhere) = (here.revision(), elsewhere.revision());
    let key = Apikey::from_bits(&[1; 24]);
    here.write(move |tx| {
        let workspace = workspaces::add(tx, "Acme", 10, true, AT)?;
        let id = apikeys::add(tx, workspace, "web", &key, AT)?;
        apikeys::revoke(tx, workspace, id, AT)
    })
    .await
    .expect("a write");
    assert!(here.revision() > before_here);
    for _ in 0..100 {
        if elsewhere.revision() > before_elsewhere {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the other store never noticed");
}

#[tokio::test]
async fn closing_finishes_what_was_accepted_and_refuses_the_rest() {
    let engine = Engine::sqlite();
    let store = engine.open();
    let accepted: Vec<_> = (0..50)
        .map(|number| {
            let mut write = Box::pin(store.write(add(&number.to_string())));
            assert!(futures_util::FutureExt::now_or_never(&mut write).is_none_or(|done| done.is_ok()));
            write
        })
        .collect();
    let closing = store.clone();
    tokio::task::spawn_blocking(move || closing.close()).await.expect("it closes");
    for write in accepted {
        write.await.expect("what was accepted is done");
    }
    assert!(matches!(store.write(add("late")).await, Err(Error::Busy { .. })));
    let log = engine.path().with_extension("db-wal");
    assert!(std::fs::metadata(log).map_or(0, |log| log.len()) == 0, "the log is folded in");
    assert_eq!(names(&engine.open()).await.len(), 50);
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_any_more_is_not_begun() {
    let store = Engine::sqlite().open_in_place();
    let ran = Arc::new(AtomicBool::new(false));
    let (go_on, may_go_on) = std::sync::mpsc::sync_channel::<()>(0);
    let may_go_on = std::sync::Mutex::new(may_go_on);
    let mut blocking =
        Box::pin(store.write(move |_| may_go_on.lock().expect("no panic").recv().map_err(Error::internal)));
    assert!(futures_util::poll!(&mut blocking).is_pending());
    let noted = Arc::clone(&ran);
    let mut abandoned = Box::pin(store.write(move |_| {
        noted.store(true, Ordering::SeqCst);
        Ok(())
    }));
    assert!(futures_util::poll!(&mut abandoned).is_pending());
    drop(abandoned);
    go_on.send(()).expect("the first waits");
    blocking.await.expect("the first");
    store.write(add("behind both")).await.expect("the last");
    assert!(!ran.load(Ordering::SeqCst));
}

#[test]
fn every_statement_can_be_prepared_and_numbers_its_parameters_as_they_appear() {
    let engine = Engine::sqlite();
    engine.open().close();
    let connection = rusqlite::Connection::open(engine.path()).expect("the database");
    let mut count = 0;
    for (area, name, sql) in queries::all() {
        let statement = connection.prepare(sql).unwrap_or_else(|e| panic!("{area}::{name}: {e}"));
        for number in 1..=statement.parameter_count() {
            assert_eq!(statement.parameter_name(number), Some(&*format!("${number}")), "{area}::{name}");
        }
        count += 1;
    }
    assert!(count > 50, "only {count} statements are listed");
}

#[test]
fn every_table_names_its_workspace() {
    let engine = Engine::sqlite();
    engine.open().close();
    let connection = rusqlite::Connection::open(engine.path()).expect("the database");
    let without: Vec<String> = connection
        .prepare(
            "SELECT name FROM sqlite_schema t WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
             AND NOT EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE name = 'workspace_id') ORDER BY name",
        )
        .and_then(|mut tables| tables.query_map([], |row| row.get(0))?.collect())
        .expect("the tables");
    // The tenant itself, and what belongs to no tenant.
    assert_eq!(
        without,
        ["installation", "recurring_job", "refinery_schema_history", "revision", "sequence", "workspace"]
    );
}

#[tokio::test]
async fn events_can_be_neither_changed_nor_deleted() {
    let store = Engine::sqlite().open_in_place();
    let changed = store
        .write(|tx| {
            let workspace = workspaces::add(tx, "Acme", 10, true, AT)?;
            tx.execute(
                "INSERT INTO event (workspace_id, ticket_id, actor_id, at, kind, after) VALUES ($1, 1, 1, 1, 'x', '{}')",
                &[Param::Int(workspace.0)],
            )?;
            let refused = |outcome: Result<u64, _>| outcome.is_err();
            Ok(refused(tx.execute("UPDATE event SET kind = 'y'", &[])) && refused(tx.execute("DELETE FROM event", &[])))
        })
        .await;
    assert!(changed.expect("a write"));
}

#[test]
fn an_unknown_newer_schema_is_refused() {
    let engine = Engine::sqlite();
    engine.open().close();
    let connection = rusqlite::Connection::open(engine.path()).expect("the database");
    connection
        .execute(
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (9999, 'future', '2099-01-01T00:00:00Z', '1')",
            [],
        )
        .expect("a row");
    let refused = Store::open_sqlite(&engine.path(), &StoreOptions::default(), StorageMetrics::default());
    let message = refused.err().expect("a refusal").to_string();
    assert!(message.contains("schema 9999"), "{message}");
}

#[test]
fn stores_that_open_at_once_migrate_once() {
    let engine = Engine::sqlite();
    let opened = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                engine.open().close();
                opened.fetch_add(1, Ordering::SeqCst);
            });
        }
    });
    assert_eq!(opened.load(Ordering::SeqCst), 8);
}

/// A store that takes its folder with it when it goes.
struct Temporary {
    store: Store,
    _folder: TempDir,
}

impl std::ops::Deref for Temporary {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Engine {
    /// A store of its own, for a test that needs no second one.
    fn open_in_place(self) -> Temporary {
        Temporary { store: self.open(), _folder: self.folder }
    }
}

#[tokio::test]
async fn a_closure_may_hold_the_last_clone_of_the_store() {
    /// Says whether the closure that held it was dropped in a panic.
    struct Dropped(std::sync::mpsc::Sender<bool>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send(std::thread::panicking());
        }
    }
    let engine = Engine::sqlite();
    for writes in [true, false] {
        let (dropped, outcome) = std::sync::mpsc::channel();
        let (started, has_started) = std::sync::mpsc::channel();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let store = engine.open();
        // Dropped in this order.
        let held = (store.clone(), Dropped(dropped), started, released);
        let work = move |_: &mut dyn Tx| {
            let (_, _, started, released) = &held;
            started.send(()).expect("the test waits for it");
            released.recv().expect("the test sends it");
            Ok(())
        };
        let mut answer: std::pin::Pin<Box<dyn Future<Output = Result<(), Error>>>> =
            if writes { Box::pin(store.write(work)) } else { Box::pin(store.read(work)) };
        let waker = std::task::Waker::noop();
        assert!(answer.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
        has_started.recv().expect("it runs");
        drop(answer);
        drop(store);
        release.send(()).expect("it waits for this");
        assert!(!outcome.recv().expect("it ends"), "writes: {writes}");
    }
}
