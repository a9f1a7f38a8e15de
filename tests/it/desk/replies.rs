//! `POST /desk/tickets/{id}/replies` and `…/notes`

use ferrodesk::domain::ticket::Held;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::home::{Home, assert_fields, assert_problem, created};
use crate::support::Part;

#[tokio::test]
async fn the_requester_sees_a_reply_and_the_status_and_never_a_note() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let path = |what: &str| format!("/desk/tickets/{ticket}/{what}");
    let reply = home.agent.post_json(&path("replies"), &json!({ "comment": " We look into it. " })).await;
    let added = created(&reply);
    assert_eq!(reply.header("etag"), format!("\"{}\"", added["version"]));
    assert_eq!(home.desk.status(ticket).await, "2");
    let parts = [
        Part::Text("comment", "She pays late."),
        Part::File { field: "attachment", name: "secret.txt", bytes: b"secret" },
    ];
    created(&home.agent.post_parts(&path("notes"), &parts).await);
    let parts = [
        Part::Text("comment", "Here it is."),
        Part::Text("status", "closed"),
        Part::File { field: "attachment", name: "invoice.txt", bytes: b"invoice" },
    ];
    created(&home.agent.post_parts(&path("replies"), &parts).await);

    let seen = home.desk.view(ticket).await;
    let said: Vec<&Value> =
        seen["conversations"].as_array().expect("a list").iter().map(|said| &said["comment"]).collect();
    assert_eq!(said, ["We look into it.", "Here it is."]);
    assert_eq!(seen["ticket"]["status"], "3");
    assert_eq!(seen["attachments"].as_array().expect("a list").len(), 1);
    let page = home.read(ticket).await;
    assert_eq!(page["conversations"].as_array().expect("a list").len(), 3);
    assert_eq!(page["attachments"].as_array().expect("a list").len(), 2);
}

#[tokio::test]
async fn a_note_leaves_the_status_as_it_is() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let path = format!("/desk/tickets/{ticket}/notes");
    created(&home.agent.post_json(&path, &json!({ "comment": "Hm." })).await);
    assert_eq!(home.desk.status(ticket).await, "1");
}

#[tokio::test]
async fn what_cannot_be_said_is_refused_and_nothing_is_stored() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let path = format!("/desk/tickets/{ticket}/replies");
    assert_fields(&home.agent.post_json(&path, &json!({})).await, &[("comment", "This field is required.")]);
    let body = json!({ "comment": "C", "status": "done" });
    assert_fields(&home.agent.post_json(&path, &body).await, &[("status", "\"done\" is not a valid choice.")]);
    let body = json!({ "comment": "C", "internal": true });
    assert_fields(&home.agent.post_json(&path, &body).await, &[("internal", "There is no such field.")]);
    let file = Part::File { field: "attachment", name: "a.txt", bytes: b"never stored" };
    let parts = [Part::Text("comment", "C"), file];
    let missing = home.agent.post_parts("/desk/tickets/999999/replies", &parts).await;
    assert_problem(&missing, 404, "not-found", "Not found.");
    assert_eq!(home.desk.app.state.blobs().list().count().await, 0);
}

#[tokio::test]
async fn a_repeated_reply_is_said_once() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let agent = home.agent.clone().header("idempotency-key", "k1");
    let path = format!("/desk/tickets/{ticket}/replies");
    let parts = [Part::Text("comment", "Once"), Part::File { field: "attachment", name: "a.txt", bytes: b"a" }];
    let first = agent.post_parts(&path, &parts).await;
    let second = agent.post_parts(&path, &parts).await;
    created(&first);
    assert_eq!(first.body, second.body);
    assert_eq!(home.read(ticket).await["conversations"].as_array().expect("a list").len(), 1);
}

#[tokio::test]
async fn a_repeat_of_the_reply_that_filled_the_ticket_gets_the_first_answer() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    home.desk.hold(ticket, Held(Held::MAX_FOR_STAFF.0 - Held::by("Once").0)).await;
    let agent = home.agent.clone().header("idempotency-key", "k1");
    let parts = [Part::Text("comment", "Once"), Part::File { field: "attachment", name: "a.txt", bytes: b"a" }];
    let path = format!("/desk/tickets/{ticket}/replies");
    let first = agent.post_parts(&path, &parts).await;
    created(&first);
    assert_eq!(agent.post_parts(&path, &parts).await.body, first.body);
}

#[tokio::test]
async fn a_ticket_that_is_full_for_its_requester_is_answered_until_it_holds_twice_as_much() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let path = |what: &str| format!("/desk/tickets/{ticket}/{what}");
    let comment = json!({ "comment": "Please open another one." });
    home.desk.hold(ticket, Held(Held::MAX_FOR_STAFF.0 - 2 * Held::by("Please open another one.").0)).await;
    created(&home.agent.post_json(&path("replies"), &comment).await);
    // Other changes leave what it holds as it is.
    home.change(ticket, &json!({ "priority": "high" })).await;
    created(&home.agent.post_json(&path("notes"), &comment).await);
    for what in ["replies", "notes"] {
        let refused = home.agent.post_json(&path(what), &comment).await;
        assert_fields(&refused, &[("comment", "The ticket is full. Please open another one.")]);
    }
    let file = Part::File { field: "attachment", name: "a.txt", bytes: b"never stored" };
    let refused = home.agent.post_parts(&path("replies"), &[Part::Text("comment", "And this?"), file]).await;
    assert_fields(&refused, &[("comment", "The ticket is full. Please open another one.")]);
    assert_eq!(home.desk.app.state.blobs().list().count().await, 0);
    home.change(ticket, &json!({ "status": "closed" })).await;
    assert_eq!(home.desk.status(ticket).await, "3");
}
