//! What is revoked on one server is refused on the others within a second.

use std::time::{Duration, Instant};

use ferrodesk::app::manage::{apikeys, users};
use ferrodesk::domain::Clock as _;
use ferrodesk::domain::user::{Email, Role};
use rstest::rstest;

use super::proxy::{Mode, Proxy};
use super::{connect, patient, soon};
use crate::support::{Client, Desk, SignedIn, TestApp};

/// The promise is one second; the margin is for a machine that is busy.
const REFUSED_WITHIN: Duration = Duration::from_millis(1500);

const CATEGORIES: &str = "/support/get/category-list/";

/// What can be taken away from a caller.
#[derive(Clone, Copy, Debug)]
enum Revoked {
    Apikey,
    User,
    Password,
}

/// Takes it away on the first server.
async fn revoke(home: &Desk, what: Revoked, user: &SignedIn) {
    let (workspace, application, at) = (home.acme.id, home.acme.application, home.app.clock.now());
    let email = Email::parse(&user.email).expect("an address");
    home.app
        .write(move |tx| match what {
            Revoked::Apikey => apikeys::revoke(tx, workspace, application, at),
            Revoked::User => users::set_active(tx, workspace, &email, false, at),
            Revoked::Password => users::set_password(tx, workspace, &email, "another hash", at),
        })
        .await;
}

async fn is_let_in(client: &Client) -> bool {
    // Of a request that cannot be answered, nothing was let out.
    client.get(CATEGORIES).await.status == 200
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_revoked_on_one_server_is_refused_on_another_within_a_second(
    #[values(Revoked::Apikey, Revoked::User, Revoked::Password)] what: Revoked,
) {
    let home = Desk::at(TestApp::on_postgres()).await;
    let node = home.app.node();
    let client = home.client_at(&node);
    assert!(is_let_in(&client).await && is_let_in(&client).await);
    revoke(&home, what, &home.ann).await;
    assert!(!is_let_in(&home.client).await, "at once where it was revoked");
    soon(REFUSED_WITHIN, "refused", async || !is_let_in(&client).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_revoked_is_refused_within_a_second_even_if_the_notification_is_lost() {
    let home = Desk::at(TestApp::on_postgres()).await;
    let node = home.app.node();
    let client = home.client_at(&node);
    let raw = connect(home.app.database().url()).await;
    for _ in 0..3 {
        assert!(is_let_in(&client).await);
        let silently = "UPDATE session SET revoked_at = 1; UPDATE revision SET value = value + 1";
        raw.batch_execute(silently).await.expect("a change");
        for client in [&client, &home.client] {
            soon(REFUSED_WITHIN, "refused", async || !is_let_in(client).await).await;
        }
        raw.batch_execute("UPDATE session SET revoked_at = NULL; UPDATE revision SET value = value + 1")
            .await
            .expect("a change");
        soon(REFUSED_WITHIN, "let in again", async || is_let_in(&client).await).await;
    }
}

#[rstest]
#[case::silent(Mode::Hang)]
#[case::cut_off(Mode::Refuse)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_cannot_know_what_was_revoked_does_not_go_by_what_it_remembers(#[case] mode: Mode) {
    let home = Desk::at(TestApp::on_postgres()).await;
    let proxy = Proxy::to(home.app.database().url());
    let node = home.app.node_with(patient(&proxy.url(home.app.database().url())));
    let client = home.client_at(&node);
    soon(Duration::from_secs(10), "let in", async || is_let_in(&client).await).await;
    proxy.set(mode);
    proxy.cut();
    revoke(&home, Revoked::User, &home.ann).await;
    let revoked = Instant::now();
    // An answer that takes its time is not from memory.
    let from_memory = async || {
        let asked = tokio::time::timeout(Duration::from_millis(300), client.get(CATEGORIES));
        asked.await.is_ok_and(|answer| answer.status == 200)
    };
    let mut last = None;
    while revoked.elapsed() < Duration::from_secs(4) {
        if from_memory().await {
            last = Some(revoked.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(last.is_none_or(|last| last < REFUSED_WITHIN), "still let in after {last:?}");
    proxy.set(Mode::Forward);
    soon(Duration::from_secs(10), "refused", async || client.get(CATEGORIES).await.status == 401).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_nobody_watches_for_changes_nothing_is_remembered() {
    let home = Desk::at(TestApp::on_postgres()).await;
    let node = home.app.node();
    let client = home.client_at(&node);
    assert!(is_let_in(&client).await);
    let raw = connect(home.app.database().url()).await;
    // The watch cannot look, and everybody else can read.
    raw.batch_execute("BEGIN; LOCK TABLE revision IN ACCESS EXCLUSIVE MODE").await.expect("a lock");
    tokio::time::sleep(Duration::from_secs(1)).await;
    for _ in 0..3 {
        for (revoked, status) in [("1", 401), ("NULL", 200)] {
            let silently = format!("UPDATE session SET revoked_at = {revoked}");
            connect(home.app.database().url()).await.batch_execute(&silently).await.expect("a change");
            assert_eq!(client.get(CATEGORIES).await.status, status, "what the database says now");
        }
    }
    raw.batch_execute("ROLLBACK").await.expect("the lock goes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_remembered_while_much_is_revoked_elsewhere_is_never_older_than_a_second() {
    let home = Desk::at(TestApp::on_postgres()).await;
    let node = home.app.node();
    let mut known = Vec::new();
    for number in 0..10 {
        let user = home.app.user(&home.acme, &format!("user{number}@customer.example"), Role::Customer).await;
        let client = node.client(&home.acme, &user);
        assert!(is_let_in(&client).await);
        known.push((user, client));
    }
    for (user, client) in &known {
        let hammering = async {
            soon(Duration::from_secs(10), "refused", async || !is_let_in(client).await).await;
            Instant::now()
        };
        let revoking = async {
            revoke(&home, Revoked::User, user).await;
            Instant::now()
        };
        let (refused, revoked) = tokio::join!(hammering, revoking);
        assert!(refused.saturating_duration_since(revoked) < REFUSED_WITHIN);
    }
}
