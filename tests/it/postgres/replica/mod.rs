//! Reads on a streaming replica: they go there where they can, and show no less than the primary does.
//!
//! The tests share the replica and stop its replay, so that only one of them runs at a time (`.config/nextest.toml`).

mod node;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ferrodesk::domain::user::Role;
use tokio_postgres::{NoTls, SimpleQueryMessage};

use self::node::{NOTICED_WITHIN, Node};
use super::proxy::{Mode, Proxy};
use crate::support::database::{administer, replica, run_on, server};
use crate::support::{TestDatabase, open, view};

/// The longest that a request may take, whatever becomes of the replica.
const ANSWERED_WITHIN: Duration = Duration::from_millis(1800);

/// What a statement answers in its first row and column.
fn ask(url: &str, sql: &'static str) -> String {
    let url = url.to_owned();
    let asked = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&url, NoTls).await.expect("the server answers");
            tokio::spawn(connection);
            let answer = client.simple_query(sql).await.expect("an answer");
            let first = answer.iter().find_map(|message| match message {
                SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                _ => None,
            });
            first.expect("a row")
        })
    });
    asked.join().expect("an answer")
}

/// The replica does not replay anything as long as this lives.
struct Paused;

impl Paused {
    fn new() -> Self {
        run_on(&replica("postgres"), "SELECT pg_wal_replay_pause()");
        let paused = Self;
        while ask(&replica("postgres"), "SELECT pg_get_wal_replay_pause_state()") != "paused" {
            // It pauses between two records: here is one.
            administer("SELECT pg_logical_emit_message(true, 'test', '')");
        }
        paused
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        run_on(&replica("postgres"), "SELECT pg_wal_replay_resume()");
    }
}

#[tokio::test]
async fn the_three_reads_are_served_by_the_replica() {
    let node = Node::new(replica).await;
    let ticket = open(&node.client, &node.acme).await;
    node.until_used(true).await;
    assert!(node.is_at_replica().await);
    let before = node.reads_of_replica().await;
    node.conversations(ticket).await;
    node.newest_status().await;
    node.categories().await;
    node.client.get("/support/get/ticket/tags/").await.data();
    assert_eq!(node.reads_of_replica().await, before + 4);
    // What concerns rights, and all that is written, stays where it was.
    node.app.user(&node.acme, "bob@customer.example", Role::Customer).await;
    node.reply(ticket).await;
    assert_eq!(node.reads_of_replica().await, before + 4);
    assert_eq!(node.figure("ferrodesk_replica_lag_bytes").await, 0);
    let missed = node.figure("ferrodesk_replica_missed_total").await;
    assert_eq!(view(&node.client, 999).await.status, 400);
    // A refusal is an answer too.
    assert_eq!(node.reads_of_replica().await, before + 5);
    assert_eq!(node.figure("ferrodesk_replica_missed_total").await, missed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_read_at_once_on_every_node() {
    let here = Node::new(replica).await;
    let there = here.beside();
    let ticket = open(&here.client, &here.acme).await;
    here.until_used(true).await;
    there.until_used(true).await;
    let done = Arc::new(AtomicBool::new(false));
    let stopping = Arc::clone(&done);
    let interference = std::thread::spawn(move || {
        while !stopping.load(Ordering::Acquire) {
            let paused = Paused::new();
            std::thread::sleep(Duration::from_millis(30));
            drop(paused);
            std::thread::sleep(Duration::from_millis(170));
        }
    });
    for number in 0..300 {
        let (writer, reader) = if number % 2 == 0 { (&here, &there) } else { (&there, &here) };
        writer.reply(ticket).await;
        assert_eq!(reader.conversations(ticket).await, number + 1);
        assert_ne!(reader.newest_status().await, "3", "the reply has opened it again");
        writer.close(ticket).await;
        assert_eq!(reader.newest_status().await, "3");
        assert_eq!(writer.newest_status().await, "3");
    }
    done.store(true, Ordering::Release);
    interference.join().expect("the replay goes on");
    for node in [&here, &there] {
        let (served, missed) = (node.reads_of_replica().await, node.figure("ferrodesk_replica_missed_total").await);
        println!("the replica served {served} reads and missed {missed}");
        assert!(served > 50, "the replica served {served}");
        assert!(missed > 0, "the replica was never behind");
    }
}

#[tokio::test]
async fn a_replica_that_is_behind_is_not_read_and_says_how_far() {
    let node = Node::new(replica).await;
    let ticket = open(&node.client, &node.acme).await;
    node.until_used(true).await;
    let paused = Paused::new();
    let longest = node.write_and_read(ticket, 10).await;
    assert!(longest < ANSWERED_WITHIN, "a read took {longest:?}");
    assert!(!node.is_at_replica().await);
    node.until_used(false).await;
    let began = Instant::now();
    while node.figure("ferrodesk_replica_lag_bytes").await < 1000 {
        assert!(began.elapsed() < NOTICED_WITHIN, "it says that it is not behind");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(paused);
    node.until_used(true).await;
    assert!(node.is_at_replica().await);
    let began = Instant::now();
    while node.figure("ferrodesk_replica_lag_bytes").await > 0 {
        assert!(began.elapsed() < NOTICED_WITHIN, "it says that it is still behind");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_change_of_the_catalogue_shows_at_once_and_is_not_hidden_by_an_older_answer() {
    let here = Node::new(replica).await;
    let there = here.beside();
    for node in [&here, &there] {
        node.until_used(true).await;
        assert_eq!(node.categories().await, 1);
    }
    let paused = Paused::new();
    here.add_category("Shipping").await;
    assert_eq!(here.categories().await, 2);
    let began = Instant::now();
    while there.categories().await != 2 {
        assert!(began.elapsed() < Duration::from_secs(1), "the other node does not see it");
    }
    // Nor does it get lost again.
    assert_eq!(there.categories().await, 2);
    drop(paused);
    there.until_used(true).await;
    here.add_category("Returns").await;
    assert_eq!(here.categories().await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_away_or_hangs_or_comes_back_breaks_nothing() {
    let network = Proxy::to(&replica("postgres"));
    network.set(Mode::Refuse);
    let node = Node::new(|name| network.url(&replica(name))).await;
    let ticket = open(&node.client, &node.acme).await;
    node.write_and_read(ticket, 5).await;
    assert_eq!(node.reads_of_replica().await, 0);
    network.set(Mode::Forward);
    node.until_used(true).await;
    for round in 0..10 {
        let served = node.reads_of_replica().await;
        node.write_and_read(ticket, 5).await;
        assert!(node.reads_of_replica().await > served, "round {round}");
        network.set(if round % 2 == 0 { Mode::Hang } else { Mode::Refuse });
        if round % 2 == 1 {
            network.cut();
        }
        let longest = node.write_and_read(ticket, 5).await;
        assert!(longest < ANSWERED_WITHIN, "a read took {longest:?} in round {round}");
        node.until_used(false).await;
        network.set(Mode::Forward);
        node.until_used(true).await;
    }
}

#[tokio::test]
async fn what_is_no_replica_of_this_database_is_not_read() {
    let another = TestDatabase::postgres();
    for read_database in [server, |_: &str| replica("postgres")] {
        let node = Node::new(read_database).await;
        let ticket = open(&node.client, &node.acme).await;
        node.write_and_read(ticket, 5).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        node.write_and_read(ticket, 5).await;
        assert_eq!(node.figure("ferrodesk_replica_used").await, 0);
        assert_eq!(node.reads_of_replica().await, 0);
    }
    // The same tables with the same numbers, made from the same template, in another database of the same replica.
    let node = Node::new(|_| replica(another.name())).await;
    let ticket = open(&node.client, &node.acme).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    node.write_and_read(ticket, 5).await;
    assert_eq!(node.reads_of_replica().await, 0);
}
