//! A server with a read database, and short words for what the tests do with it.

use std::time::{Duration, Instant};

use ferrodesk::app::manage::catalogue;
use ferrodesk::config::Config;
use ferrodesk::domain::Clock as _;
use serde_json::json;

use crate::support::{CONVERSATION, Client, STATUS, SignedIn, TestApp, TestDatabase, TestWorkspace, view};

const HISTORY: &str = "/support/get/ticket/history/";
const CATEGORIES: &str = "/support/get/category-list/";

/// How soon a change of the replica's state must be noticed.
pub const NOTICED_WITHIN: Duration = Duration::from_secs(10);

/// Ann of Acme at a server with a read database.
pub struct Node {
    pub app: TestApp,
    pub acme: TestWorkspace,
    ann: SignedIn,
    pub client: Client,
}

impl Node {
    /// A database of its own, and a server that reads it where `read_database` says, given the database's name.
    pub async fn new(read_database: impl FnOnce(&str) -> String) -> Self {
        let database = TestDatabase::postgres();
        let read_database = read_database(database.name());
        let url = database.url().to_owned();
        let app = TestApp::on_database(database, |config| settings(config, &url, &read_database));
        let (acme, ann) = app.acme().await;
        let client = app.client(&acme, &ann);
        Self { app, acme, ann, client }
    }

    /// Another server on the same databases.
    pub fn beside(&self) -> Self {
        let known = self.app.state.config().clone();
        let app = self.app.beside(|config| {
            config.database = known.database;
            config.read_database = known.read_database;
        });
        let client = app.client(&self.acme, &self.ann);
        Self { app, acme: self.acme.clone(), ann: self.ann.clone(), client }
    }

    pub async fn figure(&self, name: &str) -> i64 {
        let figures = self.client.get("//metrics").await.body;
        let figures = String::from_utf8(figures).expect("text");
        let line = figures.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {figures}")).parse().expect("a number")
    }

    pub async fn reads_of_replica(&self) -> i64 {
        self.figure("ferrodesk_replica_reads_total").await
    }

    /// Waits until reads are sent to the replica, or no longer.
    pub async fn until_used(&self, used: bool) {
        let began = Instant::now();
        while self.figure("ferrodesk_replica_used").await != i64::from(used) {
            assert!(began.elapsed() < NOTICED_WITHIN, "the replica's use has not become {used}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Whether a read that may run anywhere ran on the replica.
    pub async fn is_at_replica(&self) -> bool {
        let read = self.app.state.store().read_anywhere(|tx| {
            let mut is_at_replica = false;
            tx.query("SELECT pg_is_in_recovery()", &[], &mut |row| {
                is_at_replica = row.bool(0)?;
                Ok(())
            })?;
            Ok(is_at_replica)
        });
        read.await.expect("the read succeeds")
    }

    pub async fn reply(&self, ticket: i64) {
        self.client.post_json(CONVERSATION, &json!({ "ticket": ticket, "comment": "And now?" })).await.data();
    }

    pub async fn close(&self, ticket: i64) {
        self.client.post_json(STATUS, &json!({ "ticket": ticket, "status": "3" })).await.data();
    }

    pub async fn conversations(&self, ticket: i64) -> usize {
        view(&self.client, ticket).await.data()["conversations"].as_array().expect("a list").len()
    }

    /// The status of the newest ticket, by the history.
    pub async fn newest_status(&self) -> String {
        let list = self.client.get(HISTORY).await.data();
        list["TicketList"][0]["status"].as_str().expect("a status").to_owned()
    }

    pub async fn categories(&self) -> usize {
        self.client.get(CATEGORIES).await.data()["CategoryList"].as_array().expect("a list").len()
    }

    pub async fn add_category(&self, name: &'static str) {
        let (acme, at) = (self.acme.id, self.app.clock.now());
        self.app.write(move |tx| catalogue::add_category(tx, acme, name, "", at)).await;
    }

    /// Writes, and reads at once, again and again; gives how long a read took at the most.
    pub async fn write_and_read(&self, ticket: i64, times: usize) -> Duration {
        let mut longest = Duration::ZERO;
        for _ in 0..times {
            let before = self.conversations(ticket).await;
            self.reply(ticket).await;
            let began = Instant::now();
            assert_eq!(self.conversations(ticket).await, before + 1);
            longest = longest.max(began.elapsed());
        }
        longest
    }
}

fn settings(config: &mut Config, database: &str, read_database: &str) {
    config.database = Some(database.to_owned().into());
    config.read_database = Some(read_database.to_owned().into());
}
