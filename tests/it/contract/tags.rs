//! 4 · `GET support/get/ticket/tags/`

use ferrodesk::app::manage::catalogue;
use ferrodesk::domain::{Clock as _, TagId};
use serde_json::json;

use crate::support::{TestApp, TestWorkspace};

const PATH: &str = "/support/get/ticket/tags/";

async fn add(app: &TestApp, workspace: &TestWorkspace, tag: &'static str, keyword: &'static str) -> TagId {
    let (id, at) = (workspace.id, app.clock.now());
    app.write(move |tx| catalogue::add_tag(tx, id, tag, keyword, at)).await
}

#[tokio::test]
async fn the_tags_come_in_the_envelope_as_the_reference_shows() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let urgent = add(&app, &acme, "Très urgent", "urgent").await;
    let answer = app.client(&acme, &ann).get(PATH).await;
    let expected = json!({
        "status_code": 200,
        "errors": {},
        "data": {
            "TicketTagList": [
                { "id": acme.tag, "tag": "Refund", "keyword": "refund" },
                { "id": urgent, "tag": "Très urgent", "keyword": "urgent" },
            ]
        }
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(!answer.header("x-request-id").is_empty());
}

#[tokio::test]
async fn only_active_tags_are_listed_and_every_change_shows_at_once() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    let refund = json!({ "id": acme.tag, "tag": "Refund", "keyword": "refund" });
    assert_eq!(client.get(PATH).await.data(), json!({ "TicketTagList": [refund] }));
    let (workspace, tag) = (acme.id, acme.tag);
    app.write(move |tx| catalogue::set_tag_active(tx, workspace, tag, false)).await;
    assert_eq!(client.get(PATH).await.data(), json!({ "TicketTagList": [] }));
    let bug = add(&app, &acme, "Bug", "bug").await;
    let bug = json!({ "id": bug, "tag": "Bug", "keyword": "bug" });
    assert_eq!(client.get(PATH).await.data(), json!({ "TicketTagList": [bug] }));
    app.write(move |tx| catalogue::set_tag_active(tx, workspace, tag, true)).await;
    assert_eq!(client.get(PATH).await.data(), json!({ "TicketTagList": [refund, bug] }));
}

#[tokio::test]
async fn each_workspace_has_its_own_tags() {
    let app = TestApp::with(|config| config.catalog_requires_token = false);
    let acme = app.workspace("Acme").await;
    let globex = app.workspace("Globex").await;
    let leak = add(&app, &globex, "Leak", "leak").await;
    let own = json!({ "id": acme.tag, "tag": "Refund", "keyword": "refund" });
    assert_eq!(app.application(&acme).get(PATH).await.data(), json!({ "TicketTagList": [own] }));
    let theirs = json!([
        { "id": globex.tag, "tag": "Refund", "keyword": "refund" },
        { "id": leak, "tag": "Leak", "keyword": "leak" },
    ]);
    assert_eq!(app.application(&globex).get(PATH).await.data(), json!({ "TicketTagList": theirs }));
}
