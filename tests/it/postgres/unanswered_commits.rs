//! A server that waits for its standby, and answers no commit: what clients see, and what is left on the server.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use ferrodesk::app::manage::workspaces;
use ferrodesk::storage::Store;
use http::StatusCode;

use super::proxy::{Mode, Proxy};
use super::{AT, PROMISED, impatient, is_busy, sessions, soon};
use crate::support::{CREATE, Desk, TestApp, TestDatabase};

/// How soon all is well again, on a busy machine.
const BACK_WITHIN: Duration = Duration::from_secs(10);

const HISTORY: &str = "/support/get/ticket/history/";

const OURS: &str = "application_name = 'ferrodesk'";

/// Three that write, two that read, one that watches, and some that are about to go.
const SESSIONS_MAX: i64 = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_no_commit_is_answered_writes_are_503_reads_go_on_and_the_server_is_not_filled() {
    let home = Desk::at(TestApp::on_postgres()).await;
    let url = home.app.database().url().to_owned();
    let proxy = Proxy::to(&url);
    let node = home.app.node_with(impatient(&proxy.url(&url)));
    let (client, probe) = (home.client_at(&node), node.stranger());
    let keyed = |number: usize| client.clone().header("Idempotency-Key", &format!("key {number}"));
    let body = |number: usize| home.ticket_fields().with("subject", &format!("Number {number}")).json();
    soon(BACK_WITHIN, "ready at first", async || probe.get("//readyz").await.status == 200).await;
    assert_eq!(keyed(0).post_json(CREATE, &body(0)).await.status, StatusCode::OK);
    // Those of the test's own desk do not count.
    let others = sessions(home.app.database(), OURS).await - 6;
    proxy.set(Mode::HoldCommits);
    let started = Instant::now();
    let (mut sent, mut became_away) = (1, false);
    while started.elapsed() < Duration::from_secs(6) {
        let asked = Instant::now();
        let (one, other, live) = (keyed(sent), keyed(sent + 1), node.stranger());
        let (first, second) = (body(sent), body(sent + 1));
        let (one, other, read, live) =
            tokio::join!(one.post_json(CREATE, &first), other.post_json(CREATE, &second), client.get(HISTORY), async {
                (live.get("//healthz").await.status, asked.elapsed())
            });
        for answer in [one, other] {
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{:?}", String::from_utf8_lossy(&answer.body));
            assert_eq!(answer.header("retry-after"), "1");
        }
        assert_eq!(read.status, StatusCode::OK, "who only reads waits for no standby");
        assert!(asked.elapsed() < PROMISED, "answered after {:?}", asked.elapsed());
        assert_eq!(live.0, StatusCode::OK);
        assert!(live.1 < Duration::from_millis(500), "alive after {:?}", live.1);
        let there = sessions(home.app.database(), OURS).await - others;
        assert!(there <= SESSIONS_MAX, "{there} sessions after {:?}", started.elapsed());
        became_away |= probe.get("//readyz").await.status == StatusCode::SERVICE_UNAVAILABLE;
        sent += 2;
    }
    assert!(became_away, "with all writers waiting, it is not ready");
    proxy.set(Mode::Forward);
    soon(BACK_WITHIN, "ready again", async || probe.get("//readyz").await.status == 200).await;
    for number in 0..sent {
        let answer = keyed(number).post_json(CREATE, &body(number)).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", String::from_utf8_lossy(&answer.body));
    }
    assert_eq!(home.tickets().await, i64::try_from(sent).expect("few"), "nothing is doubled");
    assert!(sessions(home.app.database(), OURS).await - others <= SESSIONS_MAX);
}

/// A store whose three writers wait for a commit to be answered.
async fn all_waiting(database: &TestDatabase, proxy: &Proxy) -> Store {
    let store = impatient(&proxy.url(database.url()));
    soon(BACK_WITHIN, "ready at first", async || store.ready().await.is_ok()).await;
    proxy.set(Mode::HoldCommits);
    let add = |name: &'static str| store.write(move |tx| workspaces::add(tx, name, 0, true, AT));
    let (a, b, c) = tokio::join!(add("A"), add("B"), add("C"));
    assert!(is_busy(&a) && is_busy(&b) && is_busy(&c));
    soon(BACK_WITHIN, "all of them wait", async || store.ready().await.is_err()).await;
    store
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_notices_that_the_connection_broke() {
    let database = TestDatabase::postgres();
    let proxy = Proxy::to(database.url());
    let store = all_waiting(&database, &proxy).await;
    proxy.set(Mode::Forward);
    proxy.cut();
    let write = async || store.write(|tx| workspaces::set(tx, "A", Some(1), None)).await.is_ok();
    soon(BACK_WITHIN, "writes succeed", write).await;
    let names: BTreeSet<String> =
        store.read(workspaces::list).await.expect("a list").into_iter().map(|found| found.name).collect();
    assert_eq!(names, ["A", "B", "C"].map(str::to_owned).into(), "they came to pass all the time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_does_not_wait_for_commits_that_nobody_answers() {
    let database = TestDatabase::postgres();
    let proxy = Proxy::to(database.url());
    let store = all_waiting(&database, &proxy).await;
    let closing = Instant::now();
    tokio::task::spawn_blocking(move || store.close()).await.expect("it closes");
    assert!(closing.elapsed() < Duration::from_secs(3), "{:?}", closing.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_is_not_answered_from_what_may_be_on_one_disk_only() {
    let home = Desk::at(TestApp::on_postgres()).await;
    let url = home.app.database().url().to_owned();
    let proxy = Proxy::to(&url);
    let node = home.app.node_with(impatient(&proxy.url(&url)));
    let client = home.client_at(&node).header("Idempotency-Key", "once");
    soon(BACK_WITHIN, "ready at first", async || node.stranger().get("//readyz").await.status == 200).await;
    proxy.set(Mode::HoldCommits);
    let body = home.ticket_fields().json();
    for attempt in 0..2 {
        let answer = client.post_json(CREATE, &body).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "attempt {attempt}");
        // It is there for all to see.
        assert_eq!(home.tickets().await, 1);
    }
    proxy.set(Mode::Forward);
    soon(BACK_WITHIN, "answered", async || client.post_json(CREATE, &body).await.status == 200).await;
    assert_eq!(home.tickets().await, 1);
}

/// Whoever adds a workspace is not through with its commit as long as there is a row in `held`, whatever becomes of its
/// client: as it is with a commit that waits for a standby.
const HOLD: &str = "CREATE TABLE held (id BIGINT);
     INSERT INTO held VALUES (1);
     CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
         WHILE EXISTS (SELECT FROM held) LOOP PERFORM pg_sleep(0.02); END LOOP;
         RETURN NULL;
     END
     $$;
     CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON workspace DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION hold()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_breaks_again_and_again_does_not_fill_a_server_whose_commits_wait() {
    let database = TestDatabase::postgres();
    database.run(HOLD);
    let proxy = Proxy::to(database.url());
    let store = impatient(&proxy.url(database.url()));
    soon(BACK_WITHIN, "ready at first", async || store.ready().await.is_ok()).await;
    for round in 0..5 {
        let add = |number: usize| {
            let name = format!("{round} {number}");
            store.write(move |tx| workspaces::add(tx, &name, 0, true, AT))
        };
        let (a, b, c) = tokio::join!(add(0), add(1), add(2));
        assert!(is_busy(&a) && is_busy(&b) && is_busy(&c));
        proxy.cut();
        soon(BACK_WITHIN, "reads go on", async || store.read(workspaces::list).await.is_ok()).await;
        // Those that were left behind, as many that wait for them, and the others.
        let there = sessions(&database, OURS).await;
        assert!(there <= SESSIONS_MAX + 3, "{there} sessions after {round} cuts");
        assert!(store.ready().await.is_err(), "nobody can write");
    }
    database.run("DELETE FROM held");
    let write = async || store.write(|tx| workspaces::set(tx, "0 0", Some(1), None)).await.is_ok();
    soon(BACK_WITHIN, "writes succeed", write).await;
    let names: BTreeSet<String> =
        store.read(workspaces::list).await.expect("a list").into_iter().map(|found| found.name).collect();
    assert_eq!(names, ["0 0", "0 1", "0 2"].map(str::to_owned).into(), "what was begun came to pass, and no more");
    soon(BACK_WITHIN, "ready again", async || store.ready().await.is_ok()).await;
    assert!(sessions(&database, OURS).await <= SESSIONS_MAX);
}
