//! `GET /desk/tickets/{id}` and `POST /desk/tickets`

use ferrodesk::domain::conversation::Visibility;
use serde_json::{Value, json};

use super::home::{Home, TICKETS, assert_fields, assert_problem, created, ok};
use crate::support::{Part, open, view};

#[tokio::test]
async fn a_ticket_comes_with_all_that_belongs_to_it() {
    let home = Home::new().await;
    let ticket = home.desk.ticket_with(&[("plan.txt", b"plan")]).await;
    let agent = home.gus.requester;
    home.desk.answer(agent, ticket, Visibility::Public, None).await;
    let file = home.desk.stored("note.txt", b"note").await;
    home.desk.answer(agent, ticket, Visibility::Internal, Some(file)).await;

    let answer = home.agent.get(&format!("{TICKETS}/{ticket}")).await;
    let page = ok(&answer);
    assert_eq!(answer.header("etag"), format!("\"{}\"", page["version"]));
    assert_eq!(page["id"], ticket);
    assert_eq!(page["requester"]["email"], "ann@customer.example");
    assert_eq!((&page["status"], &page["priority"]), (&json!("processing"), &json!("medium")));
    assert_eq!(page["preview"], "We look into it");
    assert_eq!((&page["assignee"], &page["team"], &page["snoozed_until"]), (&json!(null), &json!(null), &json!(null)));
    let said: Vec<_> = page["conversations"].as_array().expect("a list").iter().collect();
    assert_eq!(said.len(), 2);
    assert_eq!((&said[0]["internal"], &said[1]["internal"]), (&json!(false), &json!(true)));
    assert_eq!((&said[0]["author"]["email"], &said[0]["author"]["staff"]), (&json!("gus@acme.example"), &json!(true)));
    let names: Vec<&Value> = page["attachments"].as_array().expect("a list").iter().map(|file| &file["name"]).collect();
    assert_eq!(names, ["plan.txt", "note.txt"]);
    assert_eq!(page["attachments"][1]["conversation"], said[1]["id"]);
    let kinds: Vec<&Value> = page["history"].as_array().expect("a list").iter().map(|event| &event["kind"]).collect();
    assert_eq!(kinds, ["ticket.opened", "ticket.replied", "ticket.status_changed", "ticket.noted"]);
    assert_eq!(page["version"], page["history"][3]["id"]);
}

#[tokio::test]
async fn a_ticket_is_shown_as_it_was() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let opened = home.read(ticket).await;
    let change = json!({ "subject": "Another", "priority": "high", "status": "closed", "tags": [home.desk.acme.tag],
        "assignee": home.gus.requester.user, "locked": true });
    ok(&home.change(ticket, &change).await);
    home.desk.answer(home.gus.requester, ticket, Visibility::Internal, None).await;
    let now = home.read(ticket).await;
    assert_eq!(now["conversations"].as_array().expect("a list").len(), 1);

    let then = ok(&home.agent.get(&format!("{TICKETS}/{ticket}?at={}", opened["version"])).await);
    // What was said last, and whether the reader has seen it, are told of the present alone.
    let of_the_past = |page: &Value| {
        let mut page = page.clone();
        page["preview"] = json!(null);
        page["unread"] = json!(null);
        page
    };
    assert_eq!(of_the_past(&then), of_the_past(&opened));
    let latest = ok(&home.agent.get(&format!("{TICKETS}/{ticket}?at={}", now["version"])).await);
    assert_eq!(latest, now);
    let before = opened["version"].as_i64().expect("a number") - 1;
    let never = home.agent.get(&format!("{TICKETS}/{ticket}?at={before}")).await;
    assert_problem(&never, 404, "not-found", "Not found.");
    assert_fields(&home.agent.get(&format!("{TICKETS}/{ticket}?at=x")).await, &[("at", "It must be a number.")]);
    assert_fields(&home.agent.get(&format!("{TICKETS}/{ticket}?as=1")).await, &[("as", "There is no such parameter.")]);
}

#[tokio::test]
async fn foreign_and_missing_tickets_look_the_same() {
    let home = Home::new().await;
    let (globex, gil) = home.desk.foreigner().await;
    let foreign = open(&gil, &globex).await;
    for id in [&foreign.to_string(), "999999", "0", "-1", "x", "99999999999999999999", "%00"] {
        let answer = home.agent.get(&format!("{TICKETS}/{id}")).await;
        assert_problem(&answer, 404, "not-found", "Not found.");
    }
}

#[tokio::test]
async fn staff_open_a_ticket_on_behalf_of_its_requester() {
    let home = Home::new().await;
    let requester = home.desk.ann.requester.user;
    let category = home.desk.acme.category.to_string();
    let parts = [
        Part::Text("requester", &requester.to_string()),
        Part::Text("subject", "Called about the invoice"),
        Part::Text("priority", "high"),
        Part::Text("category", &category),
        Part::Text("comment", "She wants it in euros."),
        Part::File { field: "attachment", name: "call.txt", bytes: b"notes" },
    ];
    let answer = home.agent.post_parts(TICKETS, &parts).await;
    let page = created(&answer);
    assert_eq!(answer.header("location"), format!("/api/v1/desk/tickets/{}", page["id"]));
    assert_eq!(answer.header("etag"), format!("\"{}\"", page["version"]));
    assert_eq!(page["history"][0]["actor"], home.gus.requester.user.0);
    let ticket = page["id"].as_i64().expect("an id");
    let seen = view(&home.desk.client, ticket).await.data();
    assert_eq!(seen["ticket"]["subject"], "Called about the invoice");
    assert_eq!(seen["attachments"].as_array().expect("a list").len(), 1);
}

#[tokio::test]
async fn a_ticket_on_behalf_of_somebody_needs_a_customer_and_right_fields() {
    let home = Home::new().await;
    let (_, gil) = home.desk.foreigner().await;
    drop(gil);
    let staff = home.gus.requester.user;
    let mut body = json!({ "requester": staff, "subject": "S", "priority": "low", "category": home.desk.acme.category,
        "comment": "C" });
    let no_customer = format!("There is none with the id {staff}, or it is not in use any more.");
    assert_fields(&home.agent.post_json(TICKETS, &body).await, &[("requester", &no_customer)]);
    body["requester"] = json!(home.desk.ann.requester.user);
    body["priority"] = json!("urgent");
    body["subject"] = json!(" ");
    let expected = [("subject", "This field may not be blank."), ("priority", "\"urgent\" is not a valid choice.")];
    assert_fields(&home.agent.post_json(TICKETS, &body).await, &expected);
    body["colour"] = json!("red");
    assert_fields(&home.agent.post_json(TICKETS, &body).await, &[("colour", "There is no such field.")]);
}

#[tokio::test]
async fn a_repeat_of_who_took_the_last_place_with_a_file_gets_the_first_answer() {
    let home = Home::new().await;
    home.desk.set(Some(1), None).await;
    let (requester, category) = (home.desk.ann.requester.user.to_string(), home.desk.acme.category.to_string());
    let parts = [
        Part::Text("requester", &requester),
        Part::Text("subject", "Once"),
        Part::Text("priority", "low"),
        Part::Text("category", &category),
        Part::Text("comment", "C"),
        Part::File { field: "attachment", name: "call.txt", bytes: b"notes" },
    ];
    let agent = home.agent.clone().header("idempotency-key", "k1");
    let first = agent.post_parts(TICKETS, &parts).await;
    created(&first);
    assert_eq!(agent.post_parts(TICKETS, &parts).await.body, first.body);
}

#[tokio::test]
async fn a_repeat_opens_no_second_ticket() {
    let home = Home::new().await;
    let body = json!({ "requester": home.desk.ann.requester.user, "subject": "Once", "priority": "low",
        "category": home.desk.acme.category, "comment": "C" });
    let agent = home.agent.clone().header("idempotency-key", "k1");
    let first = agent.post_json(TICKETS, &body).await;
    let second = agent.post_json(TICKETS, &body).await;
    created(&first);
    assert_eq!((first.body, first.headers["location"].clone()), (second.body, second.headers["location"].clone()));
    let mut other = body;
    other["subject"] = json!("Twice");
    assert_eq!(agent.post_json(TICKETS, &other).await.status.as_u16(), 422);
    let listed = ok(&home.agent.get(&format!("{TICKETS}?count=true")).await);
    assert_eq!(listed["total"], 1);
}
