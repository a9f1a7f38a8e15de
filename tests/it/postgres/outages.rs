//! A server that cannot be reached: refused, cut off, or silent.

use std::time::{Duration, Instant};

use ferrodesk::app::manage::workspaces;
use rstest::rstest;

use ferrodesk::storage::Tx;

use super::proxy::{Mode, Proxy};
use super::{AT, PROMISED, impatient, is_busy, sessions, soon};
use crate::support::{CREATE, Desk, TestApp, TestDatabase};

/// How soon a server is ready again, on a busy machine; the promise is five seconds.
const BACK_WITHIN: Duration = Duration::from_secs(10);

#[rstest]
#[case::refused(Mode::Refuse, true)]
#[case::silent(Mode::Hang, false)]
#[case::silent_to_new_connections(Mode::Hang, true)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_database_a_server_answers_503_in_time_and_recovers_by_itself(
    #[case] mode: Mode,
    #[case] cut: bool,
) {
    let home = Desk::at(TestApp::on_postgres()).await;
    let proxy = Proxy::to(home.app.database().url());
    let node = home.app.node_with(impatient(&proxy.url(home.app.database().url())));
    let (client, probe) = (home.client_at(&node), node.stranger());
    let body = home.ticket_fields().json();
    let ready = async || probe.get("//readyz").await.status == 200;
    soon(BACK_WITHIN, "ready at first", ready).await;
    let created = async || client.post_json(CREATE, &body).await.status == 200;
    soon(BACK_WITHIN, "a ticket is created", created).await;
    for _ in 0..2 {
        proxy.set(mode);
        if cut {
            proxy.cut();
        }
        let started = Instant::now();
        let mut last = started;
        // All that time, requests are refused in time, and the process is alive.
        while started.elapsed() < Duration::from_secs(4) {
            let asked = Instant::now();
            let (write, read, live) =
                tokio::join!(client.post_json(CREATE, &body), client.get("/support/get/ticket/history/"), async {
                    (probe.get("//healthz").await.status, asked.elapsed())
                });
            for answer in [write, read] {
                assert_eq!(answer.status, 503, "{:?}", String::from_utf8_lossy(&answer.body));
                assert_eq!(answer.header("retry-after"), "1");
            }
            assert!(asked.elapsed() < PROMISED, "answered after {:?}", asked.elapsed());
            assert_eq!(live.0, 200);
            assert!(live.1 < Duration::from_millis(500), "alive after {:?}", live.1);
            last = asked;
        }
        assert!(last > started);
        let asked = Instant::now();
        assert_eq!(probe.get("//readyz").await.status, 503);
        assert!(asked.elapsed() < PROMISED, "{:?}", asked.elapsed());
        proxy.set(Mode::Forward);
        soon(BACK_WITHIN, "ready again", ready).await;
        soon(BACK_WITHIN, "a ticket is created", created).await;
        let read = async || client.get("/support/get/ticket/history/").await.status == 200;
        soon(BACK_WITHIN, "a history is read", read).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_becomes_silent_is_not_ready_within_two_seconds() {
    let home = Desk::at(TestApp::on_postgres()).await;
    let proxy = Proxy::to(home.app.database().url());
    let node = home.app.node_with(impatient(&proxy.url(home.app.database().url())));
    let probe = node.stranger();
    soon(BACK_WITHIN, "ready at first", async || probe.get("//readyz").await.status == 200).await;
    proxy.set(Mode::Hang);
    soon(PROMISED, "not ready any more", async || probe.get("//readyz").await.status == 503).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outages_leak_neither_connections_nor_threads() {
    let database = TestDatabase::postgres();
    let proxy = Proxy::to(database.url());
    let store = impatient(&proxy.url(database.url()));
    let ours = "application_name = 'ferrodesk'";
    // Three that write, two that read, one that watches.
    let all_there = async || {
        // Who broke and was not used since, is found out by being used.
        let linger = |_: &mut dyn Tx| {
            std::thread::sleep(Duration::from_millis(100));
            Ok(())
        };
        let _ = tokio::join!(
            store.write(linger),
            store.write(linger),
            store.write(linger),
            store.read(linger),
            store.read(linger)
        );
        let _ = tokio::join!(store.read(workspaces::list), store.read(workspaces::list));
        sessions(&database, ours).await == 6
    };
    soon(BACK_WITHIN, "all connections", all_there).await;
    let threads = || std::fs::read_dir("/proc/self/task").expect("threads").count();
    let before = threads();
    for round in 0..4 {
        proxy.set(if round % 2 == 0 { Mode::Refuse } else { Mode::Hang });
        proxy.cut();
        let (write, read) =
            tokio::join!(store.write(|tx| workspaces::add(tx, "Acme", 0, true, AT)), store.read(workspaces::list));
        assert!(is_busy(&write) && is_busy(&read));
        proxy.set(Mode::Forward);
        soon(BACK_WITHIN, "served again", async || store.read(workspaces::list).await.is_ok()).await;
    }
    soon(BACK_WITHIN, "all connections, and no more", all_there).await;
    assert_eq!(threads(), before);
    store.close();
    soon(BACK_WITHIN, "no connection is left", async || sessions(&database, ours).await == 0).await;
    assert!(threads() <= before - 6, "{} threads of {before} are left", threads());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_does_not_wait_long_for_a_server_that_is_silent() {
    let database = TestDatabase::postgres();
    let proxy = Proxy::to(database.url());
    let store = impatient(&proxy.url(database.url()));
    store.read(workspaces::list).await.expect("a read");
    proxy.set(Mode::Hang);
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.read(workspaces::list).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    let closing = Instant::now();
    tokio::task::spawn_blocking(move || store.close()).await.expect("it closes");
    assert!(closing.elapsed() < Duration::from_secs(5), "{:?}", closing.elapsed());
    assert!(is_busy(&waiting.await.expect("a task")));
}
