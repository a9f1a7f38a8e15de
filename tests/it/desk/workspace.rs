//! `/desk/workspace`

use serde_json::json;

use super::home::{assert_fields, assert_problem, ok};
use super::office::Office;
use crate::support::{CONVERSATION, CREATE};

const PATH: &str = "/desk/workspace";

#[tokio::test]
async fn settings_hold_for_customers_at_once() {
    let office = Office::new().await;
    let desk = &office.home.desk;
    let expected = json!({ "id": desk.acme.id, "name": "Acme", "open_ticket_limit": 10, "reopen_on_reply": true });
    assert_eq!(ok(&office.home.agent.get(PATH).await), expected);
    let ticket = desk.ticket().await;
    ok(&office.change(PATH, &json!({ "open_ticket_limit": 1, "reopen_on_reply": false })).await);
    let refused = desk.client.post_json(CREATE, &desk.ticket_fields().json()).await;
    assert_eq!(refused.json()["error_type"], "Request Failed");
    desk.close(ticket).await;
    desk.client.post_json(CONVERSATION, &json!({ "ticket": ticket, "comment": "Still wrong" })).await;
    assert_eq!(desk.status(ticket).await, "3");
    let entry = office.last_entry().await;
    assert_eq!(entry["before"], json!({ "open_ticket_limit": 10, "reopen_on_reply": true }));
    assert_eq!(entry["after"], json!({ "open_ticket_limit": 1, "reopen_on_reply": false }));
    ok(&office.change(PATH, &json!({ "open_ticket_limit": 0 })).await);
    desk.ticket().await;
}

#[tokio::test]
async fn a_workspace_has_a_name_of_its_own() {
    let office = Office::new().await;
    office.foreign_admin().await;
    let answer = office.change(PATH, &json!({ "name": "Globex" })).await;
    assert_problem(&answer, 409, "conflict", "There is a workspace \"Globex\" already.");
    assert_eq!(ok(&office.change(PATH, &json!({ "name": "Acme & Sons" })).await)["name"], "Acme & Sons");
    assert_eq!(office.read("/desk/me").await["workspace"], "Acme & Sons");
    let answer = office.change(PATH, &json!({ "open_ticket_limit": -1 })).await;
    assert_fields(&answer, &[("open_ticket_limit", "The open-ticket limit must be 0 (none) or more.")]);
}
