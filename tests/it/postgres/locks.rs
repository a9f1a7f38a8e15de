//! Rows that somebody else holds.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;

use super::{PROMISED, connect, impatient};
use crate::support::{CREATE, Desk, TestApp, all_but_request_id};

/// What a client is told whose key is in use for longer than a request waits.
const IN_FLIGHT: &str = "The first request with this Idempotency-Key has not been answered yet. Try again in a moment.";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_wait_for_a_row_are_503_in_time_and_reads_go_on() {
    let home = Desk::at(TestApp::on_postgres()).await;
    let node = home.app.node_with(impatient(home.app.database().url()));
    let client = home.client_at(&node);
    let body = home.ticket_fields().json();
    // Everything is connected and prepared.
    super::soon(Duration::from_secs(10), "served", async || {
        let (write, read) = tokio::join!(client.post_json(CREATE, &body), client.get("/support/get/ticket/history/"));
        write.status == 200 && read.status == 200
    })
    .await;
    let holder = connect(home.app.database().url()).await;
    holder.batch_execute("BEGIN; UPDATE app_user SET active = active").await.expect("a lock");
    let mut requests = JoinSet::new();
    // More than there are connections to wait on.
    for number in 0..12 {
        let (client, body) = (client.clone(), body.clone());
        requests.spawn(async move {
            let asked = Instant::now();
            let answer = match number % 3 {
                0 => client.get("/support/get/ticket/history/").await,
                _ => client.post_json(CREATE, &body).await,
            };
            (number % 3 == 0, answer, asked.elapsed())
        });
    }
    for (is_read, answer, took) in requests.join_all().await {
        assert!(took < PROMISED, "answered after {took:?}");
        assert_eq!(answer.status, if is_read { 200 } else { 503 });
        if !is_read {
            assert_eq!(answer.header("retry-after"), "1");
        }
    }
    holder.batch_execute("ROLLBACK").await.expect("the lock goes");
    super::soon(Duration::from_secs(10), "writes go on", async || client.post_json(CREATE, &body).await.status == 200)
        .await;
}

#[tokio::test]
async fn a_key_whose_first_use_takes_longer_than_a_request_waits_is_a_409() {
    let home = Desk::at(TestApp::on_postgres()).await;
    let body = home.ticket_fields().json();
    let client = home.client.clone().header("idempotency-key", "once");
    let holder = connect(home.app.database().url()).await;
    // How a user is called there is found out from a first use of another key.
    home.client.clone().header("idempotency-key", "another").post_json(CREATE, &body).await.ticket_id();
    let found = connect(home.app.database().url()).await;
    let principal: String = found.query_one("SELECT principal FROM idempotency_key", &[]).await.expect("a key").get(0);
    let claim = format!(
        "BEGIN; INSERT INTO idempotency_key (workspace_id, principal, key, fingerprint, created_at, answer)
         VALUES ({}, '{principal}', 'once', '', {}, '')",
        home.acme.id,
        i64::MAX
    );
    holder.batch_execute(&claim).await.expect("a claim");
    let refused = client.post_json(CREATE, &body).await;
    refused.assert_failure(409, "Conflict", &json!({ "detail": [IN_FLIGHT] }));
    holder.batch_execute("ROLLBACK").await.expect("the claim goes");
    let created = client.post_json(CREATE, &body).await.ticket_id();
    assert_eq!(client.post_json(CREATE, &body).await.ticket_id(), created);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_200_equal_requests_over_three_servers_one_makes_a_ticket_and_all_get_its_answer() {
    let home = Desk::at(TestApp::on_postgres()).await;
    let nodes = [home.app.node(), home.app.node()];
    let clients = [home.client.clone(), home.client_at(&nodes[0]), home.client_at(&nodes[1])]
        .map(|client| client.header("idempotency-key", "once"));
    let body = home.ticket_fields().json();
    let mut requests = JoinSet::new();
    for number in 0..200 {
        let (client, body) = (clients[number % 3].clone(), body.clone());
        requests.spawn(async move { client.post_json(CREATE, &body).await });
    }
    let answers = requests.join_all().await;
    answers[0].ticket_id();
    for answer in &answers {
        assert_eq!(all_but_request_id(answer), all_but_request_id(&answers[0]));
    }
    assert_eq!(home.tickets().await, 1);
}
