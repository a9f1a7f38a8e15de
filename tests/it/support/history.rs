//! Lists of tickets.

use serde_json::Value;

use super::{Answer, Client, SignedIn, TestApp, TestWorkspace};

/// Endpoint 3.
pub const HISTORY: &str = "/support/get/ticket/history/";

/// A desk without open-ticket limit, a workspace, its customer, and the client that she uses.
pub async fn ready() -> (TestApp, TestWorkspace, SignedIn, Client) {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    app.lift_open_ticket_limit(&acme).await;
    let client = app.client(&acme, &ann);
    (app, acme, ann, client)
}

/// The answer to a query with these parameters.
pub async fn list(client: &Client, parameters: &[(&str, &str)]) -> Answer {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    client.get(&format!("{HISTORY}?{query}")).await
}

/// The subjects in an answer.
#[track_caller]
pub fn listed(answer: &Answer) -> Vec<Value> {
    let data = answer.data();
    data["TicketList"].as_array().expect("a list").iter().map(|ticket| ticket["subject"].clone()).collect()
}

/// The subjects that a query finds.
pub async fn subjects(client: &Client, parameters: &[(&str, &str)]) -> Vec<Value> {
    listed(&list(client, parameters).await)
}
