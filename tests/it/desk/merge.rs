//! `POST /desk/tickets/{id}/merge`

use ferrodesk::domain::conversation::Visibility;
use ferrodesk::domain::ticket::Held;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::home::{Home, assert_fields, assert_problem, ok};
use crate::support::{CONVERSATION, Part, open};

#[tokio::test]
async fn a_merged_ticket_is_closed_and_read_along_with_the_other() {
    let home = Home::new().await;
    let (first, second) = (home.desk.ticket().await, home.desk.ticket().await);
    home.desk.answer(home.gus.requester, second, Visibility::Internal, None).await;
    home.desk.answer(home.gus.requester, first, Visibility::Public, None).await;
    let merged = ok(&home.agent.post_json(&format!("/desk/tickets/{second}/merge"), &json!({ "into": first })).await);
    assert_eq!((&merged["status"], &merged["merged_into"]), (&json!("closed"), &json!(first)));
    assert_eq!(home.desk.status(second).await, "3");

    let page = home.read(first).await;
    let opening = json!({ "id": second, "subject": merged["subject"], "comment": merged["comment"],
        "created_at": merged["created_at"] });
    assert_eq!(page["merged"], json!([opening]));
    let said: Vec<&Value> = page["conversations"].as_array().expect("a list").iter().map(|c| &c["ticket"]).collect();
    assert_eq!(said, [&json!(second), &json!(first)]);
    assert_eq!(page["history"].as_array().expect("a list").last().expect("an event")["kind"], "ticket.absorbed");
    // Both tickets stay their requester's, each with what was said on it.
    assert_eq!(home.desk.view(first).await["conversations"].as_array().expect("a list").len(), 1);

    let refused = home.change(second, &json!({ "priority": "low" })).await;
    assert_problem(&refused, 409, "conflict", &format!("This ticket was merged into ticket {first}."));
}

#[tokio::test]
async fn an_answer_to_a_merged_ticket_is_refused_before_its_files_are_stored() {
    let home = Home::new().await;
    let (first, second) = (home.desk.ticket().await, home.desk.ticket().await);
    ok(&home.agent.post_json(&format!("/desk/tickets/{second}/merge"), &json!({ "into": first })).await);
    let file = Part::File { field: "attachment", name: "a.txt", bytes: b"never stored" };
    let path = format!("/desk/tickets/{second}/replies");
    let refused = home.agent.post_parts(&path, &[Part::Text("comment", "Here"), file]).await;
    assert_problem(&refused, 409, "conflict", &format!("This ticket was merged into ticket {first}."));
    assert_eq!(home.desk.app.state.blobs().list().count().await, 0);
}

#[tokio::test]
async fn its_requesters_reply_opens_a_merged_ticket_again_on_its_own() {
    let home = Home::new().await;
    let (first, second) = (home.desk.ticket().await, home.desk.ticket().await);
    ok(&home.agent.post_json(&format!("/desk/tickets/{second}/merge"), &json!({ "into": first })).await);
    home.desk.client.post_json(CONVERSATION, &json!({ "ticket": second, "comment": "Still" })).await.data();
    let page = home.read(second).await;
    assert_eq!((&page["status"], &page["merged_into"]), (&json!("processing"), &json!(null)));
    assert_eq!(home.read(first).await["merged"], json!([]));
}

#[tokio::test]
async fn only_two_tickets_of_one_requester_can_be_merged() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let path = format!("/desk/tickets/{ticket}/merge");
    let merge = async |into: i64| home.agent.post_json(&path, &json!({ "into": into })).await;
    assert_fields(&merge(ticket).await, &[("into", "A ticket cannot be merged into itself.")]);
    let bobs = open(&home.desk.bob().await, &home.desk.acme).await;
    assert_fields(&merge(bobs).await, &[("into", "Only tickets of the same requester can be merged.")]);
    let (globex, gil) = home.desk.foreigner().await;
    for into in [open(&gil, &globex).await, 999_999] {
        let nothing = format!("There is none with the id {into}, or it is not in use any more.");
        assert_fields(&merge(into).await, &[("into", &nothing)]);
    }
}

#[tokio::test]
async fn tickets_that_hold_too_much_together_are_not_merged() {
    let home = Home::new().await;
    let into = home.desk.ticket().await;
    home.desk.hold(into, Held::MAX).await;
    let merge = async |ticket: i64| {
        home.agent.post_json(&format!("/desk/tickets/{ticket}/merge"), &json!({ "into": into })).await
    };
    let first = home.desk.ticket().await;
    home.desk.hold(first, Held(Held::MAX.0 - 1)).await;
    ok(&merge(first).await);
    // One byte is left, and two bytes are not room for the next.
    let second = home.desk.ticket().await;
    home.desk.hold(second, Held(2)).await;
    let refused = merge(second).await;
    assert_fields(&refused, &[("into", "The two hold too much to be read as one ticket.")]);
    assert_eq!(home.desk.status(second).await, "1");
    home.desk.hold(second, Held(-1)).await;
    ok(&merge(second).await);
}
