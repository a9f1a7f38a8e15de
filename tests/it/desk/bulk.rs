//! `POST /desk/tickets/bulk`

use serde_json::{Value, json};

use super::home::{Home, assert_fields, ok};
use crate::support::open;

const BULK: &str = "/desk/tickets/bulk";

#[tokio::test]
async fn each_ticket_succeeds_or_fails_on_its_own() {
    let home = Home::new().await;
    let (first, second) = (home.desk.ticket().await, home.desk.ticket().await);
    let (globex, gil) = home.desk.foreigner().await;
    let foreign = open(&gil, &globex).await;
    let change = json!({ "status": "closed", "assignee": home.gus.requester.user });
    let body = json!({ "tickets": [second, foreign, first, second], "change": change });
    let answer = home.agent.post_json(BULK, &body).await;
    let results = ok(&answer)["results"].clone();
    let tickets: Vec<&Value> = results.as_array().expect("a list").iter().map(|result| &result["ticket"]).collect();
    assert_eq!(tickets, [&json!(second), &json!(foreign), &json!(first)]);
    assert_eq!(results[0]["version"], home.read(second).await["version"]);
    assert_eq!((&results[1]["problem"]["status"], results[1].get("version")), (&json!(404), None));
    assert_eq!(results[1]["problem"]["request_id"], answer.header("x-request-id"));
    for ticket in [first, second] {
        assert_eq!(home.read(ticket).await["status"], "closed");
    }
}

#[tokio::test]
async fn one_to_five_hundred_tickets_are_changed_at_once() {
    let home = Home::new().await;
    let sentence = "It must name 1 to 500 tickets.";
    for count in [0, 501] {
        let body = json!({ "tickets": vec![1; count], "change": {} });
        assert_fields(&home.agent.post_json(BULK, &body).await, &[("tickets", sentence)]);
    }
    let body = json!({ "tickets": (1..=500).collect::<Vec<i64>>(), "change": { "locked": true } });
    let results = ok(&home.agent.post_json(BULK, &body).await)["results"].clone();
    assert_eq!(results.as_array().expect("a list").len(), 500);
    let body = json!({ "tickets": [1], "change": { "colour": "red" } });
    let refused = home.agent.post_json(BULK, &body).await.json();
    assert_eq!(refused["errors"][0]["field"], "change.colour");
}
