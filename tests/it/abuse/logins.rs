//! Guessing passwords: limits that hold over all servers, by which no stranger locks anybody out, and sign-ins that tell
//! nothing of who has an account.
//!
//! The words and headers of a 429, and that a busy server is no failure, are in `contract/login.rs`; that the limit is exact
//! at 200 at once, over two servers, is in `races.rs`. How long sign-ins take is measured by `script/sign-ins`.

use std::time::Duration;

use ferrodesk::domain::user::Role;
use rstest::rstest;
use serde_json::json;

use crate::support::logs::Log;
use crate::support::pages::post;
use crate::support::{Answer, Client, Desk, PASSWORD, TestApp};

const LOG_IN: &str = "/user/login/";
const ANN: &str = "ann@customer.example";
const HOME: &str = "198.51.100.7";

/// A desk behind a proxy that tells whose address it is; so many failures are let be to an account and from an address.
async fn behind_a_proxy(per_account: u32, per_address: u32) -> Desk {
    Desk::with(|config| {
        config.trust_forwarded_for = true;
        config.login_failures_per_account = per_account;
        config.login_failures_per_address = per_address;
    })
    .await
}

/// Signs in at a server from an address.
async fn sign_in(desk: &Desk, at: &TestApp, address: &str, username: &str, password: &str) -> Answer {
    let client: Client = at.application(&desk.acme).header("x-forwarded-for", address);
    client.post_json(LOG_IN, &json!({ "username": username, "password": password })).await
}

/// Fails to.
async fn guess(desk: &Desk, at: &TestApp, address: &str, username: &str) -> u16 {
    sign_in(desk, at, address, username, "wrong horse").await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_at_one_server_count_at_the_other_and_after_a_restart() {
    let desk = behind_a_proxy(4, 0).await;
    let node = desk.app.node();
    for server in [&desk.app, &node, &node, &desk.app] {
        assert_eq!(guess(&desk, server, HOME, ANN).await, 401);
    }
    let restarted = desk.app.node();
    for server in [&desk.app, &node, &restarted] {
        let answer = sign_in(&desk, server, HOME, ANN, PASSWORD).await;
        assert_eq!((answer.status.as_u16(), answer.header("ratelimit-policy")), (429, "\"login-account\";q=4;w=300"));
    }
    desk.app.clock.advance(Duration::from_mins(5));
    assert_eq!(sign_in(&desk, &node, HOME, ANN, PASSWORD).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_goes_from_account_to_account_and_server_to_server_is_stopped() {
    let desk = behind_a_proxy(0, 4).await;
    let (node, globex) = (desk.app.node(), desk.app.workspace("Globex").await);
    for (number, server) in [&desk.app, &node, &desk.app].into_iter().enumerate() {
        assert_eq!(guess(&desk, server, "192.0.2.1", &format!("user{number}@customer.example")).await, 401);
    }
    // To go from workspace to workspace does not help either.
    let elsewhere = node.application(&globex).header("x-forwarded-for", "192.0.2.1");
    let credentials = json!({ "username": "gil@globex.example", "password": "wrong horse" });
    assert_eq!(elsewhere.post_json(LOG_IN, &credentials).await.status, 401);
    for server in [&desk.app, &node] {
        let answer = sign_in(&desk, server, "192.0.2.1", ANN, PASSWORD).await;
        assert_eq!((answer.status.as_u16(), answer.header("ratelimit-policy")), (429, "\"login-address\";q=4;w=300"));
    }
    assert_eq!(sign_in(&desk, &node, HOME, ANN, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn who_has_a_network_of_addresses_has_one() {
    let desk = behind_a_proxy(0, 2).await;
    let attempts = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "2001:db8:1:2:3:4:5:6"];
    let mut statuses = Vec::new();
    for address in attempts {
        statuses.push(guess(&desk, &desk.app, address, &format!("{address}@customer.example")).await);
    }
    assert_eq!(statuses, [401, 401, 429]);
    assert_eq!(guess(&desk, &desk.app, "2001:db8:1:3::1", ANN).await, 401, "another network");
    // And an address of IPv4 is the same in the clothes of IPv6.
    for (address, status) in [("192.0.2.1", 401), ("::ffff:192.0.2.1", 401), ("192.0.2.1", 429)] {
        assert_eq!(guess(&desk, &desk.app, address, ANN).await, status, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_who_guesses_locks_nobody_out() {
    let desk = behind_a_proxy(3, 0).await;
    let node = desk.app.node();
    for round in 0..10 {
        let stranger = guess(&desk, &desk.app, "192.0.2.1", ANN).await;
        assert_eq!(stranger, if round < 3 { 401 } else { 429 }, "round {round}");
        for server in [&desk.app, &node] {
            assert_eq!(sign_in(&desk, server, HOME, ANN, PASSWORD).await.status, 200, "round {round}");
        }
    }
    // Her own slips count from where she is, and no stranger's.
    for status in [401, 401, 401, 429] {
        assert_eq!(guess(&desk, &node, HOME, ANN).await, status);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_strangers_together_are_stopped_and_who_was_here_before_is_not() {
    let desk = behind_a_proxy(2, 0).await;
    let node = desk.app.node();
    assert_eq!(sign_in(&desk, &node, HOME, ANN, PASSWORD).await.status, 200);
    let mut heard = 0;
    for number in 0..15 {
        for server in [&desk.app, &node] {
            heard += usize::from(guess(&desk, server, &format!("192.0.2.{number}"), ANN).await == 401);
        }
    }
    assert_eq!(heard, 20, "ten times what one address may");
    let answer = sign_in(&desk, &node, "203.0.113.9", ANN, PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.header("ratelimit-policy")), (429, "\"login-account\";q=20;w=300"));
    // From where she has signed in before she still does, and may still mistype; so do others from there, to theirs.
    assert_eq!(sign_in(&desk, &desk.app, HOME, ANN, PASSWORD).await.status, 200);
    assert_eq!(guess(&desk, &node, HOME, ANN).await, 401);
    assert_eq!(sign_in(&desk, &desk.app, HOME, ANN, PASSWORD).await.status, 200);
    desk.app.user(&desk.acme, "bob@customer.example", Role::Customer).await;
    assert_eq!(sign_in(&desk, &node, "203.0.113.9", "bob@customer.example", PASSWORD).await.status, 200);
    // An address is known for ninety days.
    desk.app.clock.advance(Duration::from_hours(91 * 24));
    for number in 0..20 {
        assert_eq!(guess(&desk, &node, &format!("192.0.2.{number}"), ANN).await, 401);
    }
    assert_eq!(sign_in(&desk, &node, HOME, ANN, PASSWORD).await.status, 429);
}

#[tokio::test]
async fn counts_are_swept_when_their_time_is_over_and_hold_nothing_that_was_typed() {
    let desk = behind_a_proxy(10, 10).await;
    sign_in(&desk, &desk.app, HOME, PASSWORD, "typed in the wrong field").await;
    let kept = async || desk.app.kept("SELECT counted_by FROM sign_in_attempts").await;
    assert_eq!(kept().await.iter().map(Vec::len).collect::<Vec<_>>(), [32; 3], "hashes");
    let sweep = async || {
        ferrodesk::jobs::sweep::sweep(desk.app.state.store(), desk.app.state.blobs(), desk.app.state.clock().now())
            .await
    };
    sweep().await.expect("a sweep");
    assert_eq!(kept().await.len(), 3);
    desk.app.clock.advance(Duration::from_mins(5));
    sweep().await.expect("a sweep");
    assert!(kept().await.is_empty());
}

/// What the database was asked so far, but for how long that took.
async fn work_of_the_database(desk: &Desk) -> Vec<String> {
    let figures = crate::support::pages::text(&desk.app.stranger().get("//metrics").await);
    let counts = figures.lines().filter(|line| line.starts_with("ferrodesk_") && !line.contains("http"));
    counts.filter(|line| line.contains("_count") || line.contains("_total")).map(str::to_owned).collect()
}

/// By how much each figure has grown.
fn growth(before: &[String], after: &[String]) -> Vec<(String, i64)> {
    let parts = |line: &String| {
        let (name, value) = line.rsplit_once(' ').expect("a figure");
        (name.to_owned(), value.parse::<f64>().expect("a number"))
    };
    let before: std::collections::BTreeMap<_, _> = before.iter().map(parts).collect();
    #[expect(clippy::cast_possible_truncation, reason = "counts are small and whole")]
    let grown = |(name, value): (String, f64)| {
        let growth = (value - before.get(&name).unwrap_or(&0.0)) as i64;
        (name, growth)
    };
    after.iter().map(parts).map(grown).filter(|(_, growth)| *growth != 0).collect()
}

/// What `sign_in` gives, and what it cost: passwords that were hashed, and by how much the figures of the database have grown.
async fn work_of<T>(desk: &Desk, log: &Log, sign_in: impl Future<Output = T>) -> (T, (usize, Vec<(String, i64)>)) {
    let hashes = || log.text().matches("held against a hash").count();
    let (before, asked) = (hashes(), work_of_the_database(desk).await);
    let outcome = sign_in.await;
    (outcome, (hashes() - before, growth(&asked, &work_of_the_database(desk).await)))
}

#[tokio::test]
async fn who_has_an_account_and_who_has_not_cost_the_same_work() {
    let log = Log::caught("ferrodesk=trace");
    let desk = behind_a_proxy(0, 0).await;
    let globex = desk.app.workspace("Globex").await;
    desk.app.user(&globex, "gus@globex.example", Role::Customer).await;
    let gone = desk.app.user(&desk.acme, "gone@customer.example", Role::Customer).await;
    desk.lock_out(&gone).await;
    // Which application calls is looked up at first, and remembered.
    for _ in 0..2 {
        assert_eq!(guess(&desk, &desk.app, HOME, ANN).await, 401);
    }
    let mut seen = Vec::new();
    let usernames = [ANN, "nobody@customer.example", "gus@globex.example", &*gone.email, "no address", ANN];
    for username in usernames {
        let (status, work) = work_of(&desk, &log, guess(&desk, &desk.app, HOME, username)).await;
        assert_eq!(status, 401);
        seen.push(work);
    }
    assert_eq!(seen[0].0, 1, "a password is hashed once");
    assert!(!seen[0].1.is_empty(), "the database is asked: {:?}", work_of_the_database(&desk).await);
    for (username, work) in usernames.iter().zip(&seen) {
        assert_eq!(work, &seen[0], "{username}");
    }
}

#[rstest]
#[case::to_the_console("/desk/sign-in")]
#[case::to_the_help_pages("/help/sign-in")]
#[tokio::test]
async fn which_workspaces_and_accounts_there_are_costs_a_browser_the_same_work(#[case] path: &str) {
    let log = Log::caught("ferrodesk=trace");
    let desk = behind_a_proxy(0, 0).await;
    desk.app.workspace("Globex").await;
    let mut seen = Vec::new();
    for (workspace, email) in [("Acme", ANN), ("Acme", "nobody@customer.example"), ("Globex", ANN), ("Nowhere", ANN)] {
        let fields = [("workspace", workspace), ("email", email), ("password", "wrong horse")];
        let (answer, work) = work_of(&desk, &log, post(&desk.app.stranger(), path, &fields)).await;
        assert_eq!(answer.status, 403);
        seen.push(work);
    }
    assert_eq!(seen[0].0, 1, "a password is hashed once");
    assert_eq!(seen, vec![seen[0].clone(); seen.len()]);
}
