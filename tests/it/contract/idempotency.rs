//! `Idempotency-Key` on 2, 5, 8 and 9: retries never duplicate.

use std::time::Duration;

use ferrodesk::domain::Clock as _;
use ferrodesk::jobs::sweep::sweep;
use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{
    Answer, CONVERSATION, CREATE, Client, Desk, Encoding, Fields, STATUS, UPDATE, all_but_request_id, attachment,
    fields_of, multipart, post_raw, view,
};

const DAY: Duration = Duration::from_hours(24);
const NEARLY_A_DAY: Duration = Duration::from_secs(24 * 60 * 60 - 1);

fn keyed(client: &Client, key: &str) -> Client {
    client.clone().header("Idempotency-Key", key)
}

/// Whether the key was refused because it was used for something else.
#[track_caller]
fn assert_key_reused(answer: &Answer) {
    let body = answer.json();
    assert_eq!(answer.status, 422, "{body}");
    assert_eq!(
        (&body["status_code"], &body["error_type"], &body["data"]),
        (&json!(422), &json!("Conflict"), &json!({}))
    );
    assert_eq!(body["errors"]["detail"].as_array().map(Vec::len), Some(1), "{body}");
}

/// The four writes, each with a body that is right.
async fn writes(desk: &Desk) -> [(&'static str, Value); 4] {
    let ticket = desk.ticket().await;
    [
        (CREATE, desk.ticket_fields().json()),
        (UPDATE, json!({ "ticket_id": ticket, "priority": "3", "tags": [desk.acme.tag] })),
        (CONVERSATION, json!({ "ticket": ticket, "comment": "Any news?" })),
        (STATUS, json!({ "ticket": ticket, "status": "3" })),
    ]
}

/// Every row that tells what happened in Acme.
async fn everything(desk: &Desk) -> (i64, Vec<Value>) {
    let tickets = desk.tickets().await;
    let mut views = Vec::new();
    for ticket in 1..=tickets {
        views.push(json!([desk.view(ticket).await, desk.events(ticket).await.len()]));
    }
    (tickets, views)
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_byte_for_byte_in_each_kind_of_body() {
    let desk = Desk::new().await;
    for (number, encoding) in Encoding::ALL.into_iter().enumerate() {
        let client = keyed(&desk.client, &format!("key {encoding:?}"));
        let fields = desk.ticket_fields();
        let first = client.post(CREATE, encoding, &fields.pairs()).await;
        let id = first.ticket_id();
        assert_eq!(first.header("location"), format!("/api/v1/support/ticket/detailed-view/?ticket_id={id}"));
        for _ in 0..3 {
            let again = client.post(CREATE, encoding, &fields.pairs()).await;
            assert_eq!(all_but_request_id(&again), all_but_request_id(&first), "{encoding:?}");
            assert_ne!(again.header("x-request-id"), first.header("x-request-id"), "a request is a request");
        }
        assert_eq!(desk.tickets().await, i64::try_from(number).expect("small") + 1);
    }
}

#[tokio::test]
async fn each_of_the_writes_comes_to_pass_once() {
    let desk = Desk::new().await;
    for (path, body) in writes(&desk).await {
        let client = keyed(&desk.client, path);
        let first = client.post_json(path, &body).await;
        assert_eq!(first.data(), json!({}), "{path}");
        let after = everything(&desk).await;
        let again = client.post_json(path, &body).await;
        assert_eq!(all_but_request_id(&again), all_but_request_id(&first), "{path}");
        assert_eq!(everything(&desk).await, after, "{path}");
    }
}

#[tokio::test]
async fn a_repeat_is_answered_as_the_first_even_if_the_world_has_moved_on() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let close = json!({ "ticket": ticket, "status": "3" });
    let client = keyed(&desk.client, "close");
    assert_eq!(client.post_json(STATUS, &close).await.data(), json!({}));
    assert_eq!(client.post_json(STATUS, &close).await.data(), json!({}), "not `Ticket is already closed`");
    desk.client.post_json(STATUS, &json!({ "ticket": ticket, "status": "2" })).await.data();
    assert_eq!(client.post_json(STATUS, &close).await.data(), json!({}));
    assert_eq!(desk.status(ticket).await, "2", "the repeat closes nothing");

    desk.set(Some(2), None).await;
    let client = keyed(&desk.client, "the last place");
    let fields = desk.ticket_fields();
    let parts = [fields.parts(&[]), vec![attachment("a.txt", b"bytes")]].concat();
    let first = client.post_parts(CREATE, &parts).await;
    assert_eq!(desk.client.post_json(CREATE, &fields.json()).await.status, 401);
    assert_eq!(client.post_parts(CREATE, &parts).await.ticket_id(), first.ticket_id());
}

#[tokio::test]
async fn a_multipart_body_with_another_boundary_is_the_same_body() {
    let desk = Desk::new().await;
    let client = keyed(&desk.client, "once");
    let fields = desk.ticket_fields();
    let body = multipart(&[fields.parts(&[]), vec![attachment("a.txt", b"bytes")]].concat());
    let text = String::from_utf8(body).expect("text");
    let mut answers = Vec::new();
    for boundary in ["----ferrodesk", "WebKitFormBoundary7MA4YWxk", "another"] {
        let body = text.replace("----ferrodesk", boundary);
        let content_type = format!("multipart/form-data; boundary={boundary}");
        answers.push(client.send(Method::POST, CREATE, Some(&content_type), body).await);
    }
    answers[0].ticket_id();
    for again in &answers[1..] {
        assert_eq!(all_but_request_id(again), all_but_request_id(&answers[0]));
    }
    assert_eq!(desk.tickets().await, 1);
}

#[tokio::test]
async fn the_other_path_of_an_endpoint_is_the_same_endpoint() {
    let desk = Desk::new().await;
    let client = keyed(&desk.client, "once");
    let body = desk.ticket_fields().json();
    let first = client.post_json(CREATE, &body).await;
    for path in ["/creat/support/ticket/", "/creat/support/ticket", "/support/create/ticket"] {
        assert_eq!(all_but_request_id(&client.post_json(path, &body).await), all_but_request_id(&first), "{path}");
    }
}

#[tokio::test]
async fn a_key_that_comes_with_another_body_is_a_422_and_does_nothing() {
    let desk = Desk::new().await;
    for (path, body) in writes(&desk).await {
        let client = keyed(&desk.client, path);
        client.post_json(path, &body).await.data();
        let after = everything(&desk).await;
        let mut other = body.clone();
        other["more"] = json!("a field that nobody reads");
        for other in [other, json!({}), json!({ "comment": " " })] {
            assert_key_reused(&client.post_json(path, &other).await);
        }
        assert_eq!(everything(&desk).await, after, "{path}");
        assert_eq!(client.post_json(path, &body).await.status, 200, "the first answer is still kept");
    }
}

#[tokio::test]
async fn another_file_or_another_name_of_it_is_another_body() {
    let desk = Desk::new().await;
    let client = keyed(&desk.client, "once");
    let fields = desk.ticket_fields();
    client.post_parts(CREATE, &fields.parts(&[("a.txt", b"bytes")])).await.ticket_id();
    let others: [&[(&str, &[u8])]; 4] =
        [&[("a.txt", b"other")], &[("b.txt", b"bytes")], &[], &[("a.txt", b"bytes"), ("a.txt", b"bytes")]];
    for files in others {
        assert_key_reused(&client.post_parts(CREATE, &fields.parts(files)).await);
    }
}

#[tokio::test]
async fn a_key_is_used_up_for_all_endpoints() {
    let desk = Desk::new().await;
    let writes = writes(&desk).await;
    let client = keyed(&desk.client, "once");
    client.post_json(writes[0].0, &writes[0].1).await.ticket_id();
    let after = everything(&desk).await;
    for (path, body) in &writes[1..] {
        assert_key_reused(&client.post_json(path, body).await);
    }
    assert_eq!(everything(&desk).await, after);
}

#[tokio::test]
async fn equal_keys_of_other_users_and_other_workspaces_have_nothing_to_do_with_each_other() {
    let desk = Desk::new().await;
    let bob = desk.bob().await;
    let (globex, gil) = desk.foreigner().await;
    let body = desk.ticket_fields().json();
    let ann = keyed(&desk.client, "once").post_json(CREATE, &body).await.ticket_id();
    let bobs = keyed(&bob, "once").post_json(CREATE, &body).await.ticket_id();
    let gils = keyed(&gil, "once").post_json(CREATE, &fields_of(&globex).json()).await.ticket_id();
    assert!(ann != bobs && bobs != gils && ann != gils);
    let other = desk.ticket_fields().with("subject", "Other").json();
    assert_eq!(keyed(&bob, "ann's").post_json(CREATE, &other).await.status, 200);
    assert_eq!(view(&bob, bobs).await.status, 200);
}

#[tokio::test]
async fn without_a_key_every_request_is_a_first_one() {
    let desk = Desk::new().await;
    let body = desk.ticket_fields().json();
    assert_ne!(
        desk.client.post_json(CREATE, &body).await.ticket_id(),
        desk.client.post_json(CREATE, &body).await.ticket_id()
    );
}

#[tokio::test]
async fn what_failed_is_not_kept() {
    let desk = Desk::new().await;
    let client = keyed(&desk.client, "once");
    let fields = desk.ticket_fields();
    assert_eq!(client.post_json(CREATE, &fields.clone().with("subject", " ").json()).await.status, 400);
    assert_eq!(post_raw(&client, CREATE, "{broken".to_owned()).await.status, 400);
    desk.set(Some(1), None).await;
    let ticket = desk.ticket().await;
    assert_eq!(client.post_json(CREATE, &fields.json()).await.status, 401, "the limit");
    desk.close(ticket).await;
    let created = client.post_json(CREATE, &fields.json()).await.ticket_id();
    assert_eq!(client.post_json(CREATE, &fields.json()).await.ticket_id(), created);
}

#[tokio::test]
async fn a_key_may_have_255_characters() {
    let desk = Desk::new().await;
    let longest = keyed(&desk.client, &"k".repeat(255));
    let body = desk.ticket_fields().json();
    let created = longest.post_json(CREATE, &body).await.ticket_id();
    assert_eq!(longest.post_json(CREATE, &body).await.ticket_id(), created);
    let too_long = keyed(&desk.client, &"k".repeat(256));
    for (path, body) in writes(&desk).await {
        let message = "Ensure this field has no more than 255 characters.";
        too_long.post_json(path, &body).await.assert_invalid(&json!({ "Idempotency-Key": [message] }));
    }
}

/// A new token for Ann: the old one has run out by now.
async fn client_now(desk: &Desk) -> Client {
    let token = desk.app.sign_in(&desk.acme, desk.ann.requester).await;
    keyed(&desk.app.application(&desk.acme).header("authorization", &format!("Bearer {token}")), "once")
}

#[tokio::test]
async fn an_answer_is_kept_for_24_hours() {
    let desk = Desk::new().await;
    let body = desk.ticket_fields().json();
    let first = client_now(&desk).await.post_json(CREATE, &body).await.ticket_id();
    desk.app.clock.advance(NEARLY_A_DAY);
    assert_eq!(client_now(&desk).await.post_json(CREATE, &body).await.ticket_id(), first);
    desk.app.clock.advance(Duration::from_secs(1));
    let other = desk.ticket_fields().with("subject", "Other").json();
    let second = client_now(&desk).await.post_json(CREATE, &other).await.ticket_id();
    assert_ne!(second, first, "the key is free again, whatever the body");
    assert_eq!(client_now(&desk).await.post_json(CREATE, &other).await.ticket_id(), second);
}

#[tokio::test]
async fn answers_are_swept_when_they_are_a_day_old() {
    let desk = Desk::new().await;
    for n in 0..3 {
        let ticket = desk.ticket().await;
        let close = json!({ "ticket": ticket, "status": "3" });
        keyed(&desk.client, &format!("{n}")).post_json(STATUS, &close).await.data();
    }
    let (store, blobs, at) = (desk.app.state.store(), desk.app.state.blobs(), desk.app.clock.now());
    let early = sweep(store, blobs, at.plus(NEARLY_A_DAY)).await.expect("a sweep");
    assert_eq!(early.answers, 0);
    let late = sweep(store, blobs, at.plus(DAY)).await.expect("a sweep");
    assert_eq!(late.answers, 3);
    assert_eq!(sweep(store, blobs, at.plus(DAY)).await.expect("a sweep").answers, 0);
}

#[tokio::test]
async fn an_answer_is_kept_over_a_restart() {
    let Desk { app, acme, ann, client } = Desk::new().await;
    let body = fields_of(&acme).json();
    let first = keyed(&client, "once").post_json(CREATE, &body).await;
    drop(client);
    let app = app.restart();
    let again = keyed(&app.client(&acme, &ann), "once").post_json(CREATE, &body).await;
    assert_eq!(all_but_request_id(&again), all_but_request_id(&first));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_200_requests_at_once_with_one_key_one_makes_a_ticket_and_all_get_its_answer() {
    let desk = Desk::new().await;
    let client = keyed(&desk.client, "once");
    let fields: Fields = desk.ticket_fields();
    let mut requests = JoinSet::new();
    for number in 0..200 {
        let (client, fields) = (client.clone(), fields.clone());
        // Some are retries with a file, which takes another way through the server.
        requests.spawn(async move {
            let file: &[(&str, &[u8])] = &[("a.txt", b"bytes")];
            tokio::task::yield_now().await;
            (number, client.post_parts(CREATE, &fields.parts(file)).await)
        });
    }
    let answers = requests.join_all().await;
    let first = all_but_request_id(&answers[0].1);
    answers[0].1.ticket_id();
    for (number, answer) in &answers {
        assert_eq!(all_but_request_id(answer), first, "request {number}");
    }
    assert_eq!(desk.tickets().await, 1);
}
