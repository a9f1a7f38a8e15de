//! What waits for the database: how much of it, whose, and what becomes of it when the store is closed.

use super::*;

/// A write that nobody's others come past, and what lets it go on.
async fn held_up(store: &Store) -> (tokio::task::JoinHandle<Result<(), Error>>, SyncSender<()>) {
    let (pause, paused) = pausing();
    let store = store.clone();
    let blocking = tokio::spawn(async move { store.write(move |_| pause()).await });
    (blocking, paused.has_begun().await)
}

#[rstest]
#[tokio::test]
async fn a_full_queue_refuses_at_once_and_loses_nothing_that_it_took(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = engine.database();
    let store = database.open_with(&StoreOptions { queue: 2, writers: 1, readers: 1, ..StoreOptions::default() });
    let (blocking, go_on) = held_up(&store).await;
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

/// What a user asks the store for.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Read,
    Write,
}

impl Kind {
    async fn ask(self, store: Store, user: UserId, work: impl Fn() + Send + 'static) -> Result<(), Error> {
        let work = move |_: &mut dyn Tx| {
            work();
            Ok(())
        };
        turns::of_a_request(async move {
            turns::ask_as(user);
            match self {
                Self::Read => store.read(work).await,
                Self::Write => store.write(work).await,
            }
        })
        .await
    }
}

// SQLite has one writer.
#[rstest]
#[case(Engine::Sqlite, Kind::Read)]
#[case(Engine::Postgres, Kind::Read)]
#[case(Engine::Postgres, Kind::Write)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_much_at_once_leaves_half_to_everybody_else(#[case] engine: Engine, #[case] kind: Kind) {
    let database = engine.database();
    let patience = Duration::from_secs(30);
    let store = database.open_with(&StoreOptions { writers: 4, readers: 4, patience, ..StoreOptions::default() });
    let begun = Arc::new(AtomicUsize::new(0));
    let (end, ended) = crossbeam_channel::bounded::<()>(0);
    let mut asked = JoinSet::new();
    for _ in 0..6 {
        let (begun, ended) = (begun.clone(), ended.clone());
        let lasts = move || {
            begun.fetch_add(1, Ordering::SeqCst);
            // Until the other end is dropped.
            let _ = ended.recv();
        };
        asked.spawn(kind.ask(store.clone(), UserId(1), lasts));
    }
    let first = async {
        while begun.load(Ordering::SeqCst) < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), first).await.expect("the first turns are taken");
    let others = kind.ask(store.clone(), UserId(2), || ());
    tokio::time::timeout(Duration::from_secs(10), others).await.expect("there is room").expect("an answer");
    assert_eq!(begun.load(Ordering::SeqCst), 2);
    drop(end);
    for answer in asked.join_all().await {
        answer.expect("its turn comes");
    }
    assert_eq!(begun.load(Ordering::SeqCst), 6);
}

/// Of as many threads that read as there are by default; what is said of writers keeps the tests' own choice out.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whose_one_read_is_slow_goes_on_reading(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = engine.database();
    let store = database.open_with(&StoreOptions { writers: 2, ..StoreOptions::default() });
    let (pause, paused) = pausing();
    let slow = tokio::spawn(Kind::Read.ask(store.clone(), UserId(1), move || pause().expect("it is told to go on")));
    let go_on = paused.has_begun().await;
    let next = Kind::Read.ask(store.clone(), UserId(1), || ());
    tokio::time::timeout(Duration::from_secs(1), next).await.expect("there is a thread for it").expect("an answer");
    go_on.send(()).expect("the read waits");
    slow.await.expect("a task").expect("it ends");
}

#[tokio::test]
async fn one_user_does_not_fill_the_queue_to_the_one_writer() {
    let database = Engine::Sqlite.database();
    let store = database.open_with(&StoreOptions { queue: 20, ..StoreOptions::default() });
    let (blocking, go_on) = held_up(&store).await;
    let mut asked = JoinSet::new();
    for _ in 0..40 {
        asked.spawn(Kind::Write.ask(store.clone(), UserId(1), || ()));
    }
    // All have asked as far as they could once this task has its turn again.
    tokio::task::yield_now().await;
    assert_eq!(store.queue_depths().0, 16);
    asked.spawn(Kind::Write.ask(store.clone(), UserId(2), || ()));
    tokio::task::yield_now().await;
    assert_eq!(store.queue_depths().0, 17);
    go_on.send(()).expect("the write waits");
    blocking.await.expect("a task").expect("a write");
    for answer in asked.join_all().await {
        answer.expect("nobody was refused");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_for_ones_turn_is_part_of_what_a_server_may_take() {
    let patience = Duration::from_secs(3);
    let database = Engine::Postgres.database();
    let store = database.open_with(&StoreOptions { writers: 2, patience, ..StoreOptions::default() });
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let begun = Mutex::new(Some(begun));
    let lasts = move || {
        if let Some(begun) = begun.lock().expect("no thread panics while it holds this").take() {
            let _ = begun.send(());
        }
        std::thread::sleep(Duration::from_secs(2));
    };
    let first = tokio::spawn(Kind::Write.ask(store.clone(), UserId(1), lasts));
    has_begun.await.expect("the first has the one turn of its user");
    let asked = Instant::now();
    let second = turns::of_a_request(async {
        turns::ask_as(UserId(1));
        let lasts = |tx: &mut dyn Tx| {
            std::thread::sleep(Duration::from_millis(2500));
            add("late")(tx)
        };
        store.write(lasts).await
    })
    .await;
    assert!(matches!(second, Err(Error::Busy { .. })), "{second:?}");
    assert!(asked.elapsed() < Duration::from_secs(4), "it was refused after {:?}", asked.elapsed());
    first.await.expect("a task").expect("it is done in time");
    // Long enough for the second to come to its end, which must be none.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(names(&store).await, Vec::<String>::new());
}

#[rstest]
#[tokio::test]
async fn closing_finishes_what_was_accepted_and_refuses_the_rest(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = engine.database();
    let store = database.open();
    let accepted: Vec<_> = (0..50)
        .filter_map(|number| {
            let mut write = Box::pin(store.write(add(&number.to_string())));
            let done = futures_util::FutureExt::now_or_never(&mut write);
            assert!(done.as_ref().is_none_or(Result::is_ok));
            // The quickest is done already.
            done.is_none().then_some(write)
        })
        .collect();
    let closing = store.clone();
    tokio::task::spawn_blocking(move || closing.close()).await.expect("it closes");
    for write in accepted {
        write.await.expect("what was accepted is done");
    }
    assert!(matches!(store.write(add("late")).await, Err(Error::Busy { .. })));
    if let Engine::Sqlite = engine {
        let log = database.path().with_extension("db-wal");
        assert!(std::fs::metadata(log).map_or(0, |log| log.len()) == 0, "the log is folded in");
    }
    assert_eq!(names(&database.open()).await.len(), 50);
}

#[rstest]
#[tokio::test]
async fn a_request_that_nobody_waits_for_any_more_is_not_begun(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = engine.database();
    let store = database.open_with(&StoreOptions { writers: 1, readers: 1, ..StoreOptions::default() });
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
