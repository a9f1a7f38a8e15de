//! What every storage engine must do, whatever it is made of. A new engine is one more of `Engine`.

mod queue;
mod schema;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ferrodesk::app::idempotency::{Repeatable, is_kept, kept, once};
use ferrodesk::app::manage::{apikeys, workspaces};
use ferrodesk::domain::{Error, Timestamp, UserId, WorkspaceId};
use ferrodesk::identity::apikey::Apikey;
use ferrodesk::storage::turns;
use ferrodesk::storage::{Param, Sequence, StorageMetrics, Store, StoreOptions, Tx, queries, together};
use rstest::rstest;
use tokio::task::JoinSet;

use crate::support::TestDatabase;

const AT: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// The engines that every test here is run on.
#[derive(Clone, Copy, Debug)]
enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    fn database(self) -> TestDatabase {
        match self {
            Self::Sqlite => TestDatabase::sqlite(),
            Self::Postgres => TestDatabase::postgres(),
        }
    }
}

/// The other end of a closure that stops in its middle.
struct Paused {
    begun: Receiver<()>,
    go_on: SyncSender<()>,
}

impl Paused {
    /// Waits until the closure has stopped, and gives what lets it go on.
    async fn has_begun(self) -> SyncSender<()> {
        let begun = self.begun;
        tokio::task::spawn_blocking(move || begun.recv()).await.expect("a thread").expect("the closure begins");
        self.go_on
    }
}

/// What a closure calls to stop until it is told to go on.
fn pausing() -> (impl Fn() -> Result<(), Error> + Send + 'static, Paused) {
    let (started, begun) = sync_channel(0);
    let (go_on, may_go_on) = sync_channel(0);
    let may_go_on = Mutex::new(may_go_on);
    let pause = move || {
        started.send(()).map_err(Error::internal)?;
        may_go_on.lock().expect("no panic").recv().map_err(Error::internal)
    };
    (pause, Paused { begun, go_on })
}

fn add(name: &str) -> impl Fn(&mut dyn Tx) -> Result<WorkspaceId, Error> + Send + use<> {
    let name = name.to_owned();
    move |tx| workspaces::add(tx, &name, 10, true, AT)
}

async fn names(store: &Store) -> Vec<String> {
    let all = store.read(workspaces::list).await.expect("a list");
    all.into_iter().map(|workspace| workspace.name).collect()
}

#[rstest]
#[tokio::test]
async fn what_is_written_is_there_for_every_later_read_and_after_a_restart(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = engine.database();
    let store = database.open();
    for number in 0..20 {
        store.write(add(&number.to_string())).await.expect("a write");
        assert_eq!(names(&store).await.len(), number + 1);
    }
    store.close();
    assert_eq!(names(&database.open()).await.len(), 20);
}

#[rstest]
#[tokio::test]
async fn a_closure_that_fails_is_undone_whole_and_alone(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = engine.database();
    let store = database.open();
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

#[rstest]
#[tokio::test]
async fn a_closure_that_panics_fails_alone(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = engine.database();
    let store = database.open();
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

#[rstest]
#[tokio::test]
async fn a_read_cannot_write(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = engine.database();
    let store = database.open();
    let refused = store.read(add("sneaky")).await;
    assert!(matches!(refused, Err(Error::Internal { .. })), "{refused:?}");
    assert!(names(&store).await.is_empty());
}

#[rstest]
#[tokio::test]
async fn a_read_sees_one_moment(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = engine.database();
    let store = database.open();
    let (pause, paused) = pausing();
    let reading = tokio::spawn({
        let store = store.clone();
        async move {
            store
                .read(move |tx| {
                    let before = workspaces::list(tx)?.len();
                    pause()?;
                    Ok((before, workspaces::list(tx)?.len()))
                })
                .await
        }
    });
    let go_on = paused.has_begun().await;
    store.write(add("meanwhile")).await.expect("a write beside the read");
    go_on.send(()).expect("the read waits");
    assert_eq!(reading.await.expect("a task").expect("a read"), (0, 0));
    assert_eq!(names(&store).await, ["meanwhile"]);
}

#[rstest]
#[tokio::test]
async fn what_is_asked_ahead_is_answered_as_if_it_were_asked_then(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = engine.database();
    let store = database.open();
    let read = |tx: &mut dyn Tx| {
        let named =
            |tx: &mut dyn Tx, name: &str| queries::workspaces::by_name(tx, name).map(|found| found.map(|it| it.name));
        let both = |tx: &mut dyn Tx| Ok::<_, Error>((named(tx, "one")?, named(tx, "two")?));
        // Asked twice over, and by some who then do not want to know.
        tx.ahead(&mut |tx| drop((both(tx), workspaces::list(tx))));
        // In another order than they were asked in.
        let (two, one) = (named(tx, "two")?, named(tx, "one")?);
        let together = together(tx, both)?;
        Ok(((one, two), together, named(tx, "none")?, workspaces::list(tx)?.len()))
    };
    let nothing = ((None, None), (None, None), None, 0);
    assert_eq!(store.read(read).await.expect("an answer"), nothing);
    for name in ["one", "two"] {
        store.write(add(name)).await.expect("a write");
    }
    let (one, two) = (Some("one".to_owned()), Some("two".to_owned()));
    let all = ((one.clone(), two.clone()), (one, two), None, 2);
    assert_eq!(store.read(read).await.expect("an answer"), all);
    // A write sees what it did itself.
    let written = store.write(move |tx| {
        tx.ahead(&mut |tx| drop(workspaces::list(tx)));
        workspaces::add(tx, "three", 10, true, AT)?;
        Ok(workspaces::list(tx)?.len())
    });
    assert_eq!(written.await.expect("a write"), 3);
}

#[rstest]
#[tokio::test]
async fn ids_are_handed_out_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = engine.database();
    // Two stores on one database, as a server and a command beside it are.
    let stores = [database.open(), database.open()];
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..100 {
        let store = stores[number % 2].clone();
        tasks.spawn(async move { store.write(|tx| Ok(tx.next_id(Sequence::Ticket)?)).await.expect("an id") });
    }
    let ids: HashSet<_> = tasks.join_all().await.into_iter().collect();
    assert_eq!(ids.len(), 100);
}

#[rstest]
#[tokio::test]
async fn values_come_back_as_they_went_in(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = engine.database();
    let store = database.open();
    for (text, bytes) in [("", vec![]), ("a b ü 🦀", vec![0, 255, 13, 10]), ("'; --", vec![0; 100_000])] {
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

#[rstest]
#[tokio::test]
async fn what_is_kept_for_repeats_is_given_by_transactions_that_write_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = engine.database();
    let store = database.open();
    let workspace = store.write(|tx| workspaces::add(tx, "Acme", 10, true, AT)).await.expect("a workspace");
    let request = Repeatable { workspace, principal: "ann".into(), key: "once".into(), fingerprint: [1; 32] };
    let same = request.clone();
    let first = store.write(move |tx| once(tx, Some(&same), AT, |_| Ok(b"done".to_vec()))).await;
    assert_eq!(first.expect("a first answer"), b"done");
    let same = request.clone();
    assert!(store.read(move |tx| is_kept(tx, &same, AT)).await.expect("a look"));
    // Its commit is what the answer waits for.
    let same = request.clone();
    let read = store.read(move |tx| kept(tx, &same, AT)).await;
    assert!(matches!(read, Err(Error::Internal { .. })), "{read:?}");
    let same = request.clone();
    let again = store.write(move |tx| kept(tx, &same, AT)).await;
    assert_eq!(again.expect("an answer").as_deref(), Some(&b"done"[..]));
    let effect = |_: &mut dyn Tx| panic!("it came to pass before");
    let again = store.write(move |tx| once(tx, Some(&request), AT, effect)).await;
    assert_eq!(again.expect("an answer"), b"done");
}

#[rstest]
#[tokio::test]
async fn the_revision_grows_at_once_here_and_soon_elsewhere(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = engine.database();
    let (here, elsewhere) = (database.open(), database.open());
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
