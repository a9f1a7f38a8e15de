//! Limits: tickets not closed per user (2), requests a minute, what one ticket holds, and what the database takes on.

use std::sync::{Arc, Barrier};

use ferrodesk::app::check::miscounted_users;
use ferrodesk::domain::conversation::Visibility;
use ferrodesk::domain::ticket::Held;
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::task::JoinSet;

use super::bad_values::done;
use crate::support::{
    Answer, CONVERSATION, CREATE, Client, Desk, Encoding, Fields, STATUS, UPDATE, assert_refused, open, reply_to, view,
};

#[track_caller]
fn assert_limit_reached(answer: &Answer) {
    answer.assert_failure(401, "Request Failed", &json!({ "detail": ["Currenly Open Ticket Limit Exceed."] }));
}

async fn create(desk: &Desk) -> Answer {
    desk.client.post_json(CREATE, &desk.ticket_fields().json()).await
}

const FULL: &str = "The ticket is full. Please open another one.";

#[tokio::test]
async fn a_ticket_that_is_full_takes_nothing_more_of_its_requester_and_can_be_closed() {
    let desk = Desk::new().await;
    let agent = desk.agent().await;
    let ticket = desk.ticket().await;
    let (id, tag) = (ticket.to_string(), desk.acme.tag.to_string());
    let update = Fields::new(&[("ticket_id", &id), ("tags", &tag), ("tags", &tag)]);
    let status = |status: &str| Fields::new(&[("ticket", &id), ("status", status)]);
    // To the byte, so much that there is room for one reply.
    desk.hold(ticket, Held(Held::MAX.0 - Held::by("Any news?").0)).await;
    assert_eq!(desk.client.post_json(CONVERSATION, &reply_to(ticket).json()).await.json(), done());
    for encoding in Encoding::ALL {
        let reply = desk.client.post(CONVERSATION, encoding, &reply_to(ticket).pairs()).await;
        assert_refused(&reply, "Validation Error", &json!({ "comment": [FULL] }), encoding);
        let update = desk.client.post(UPDATE, encoding, &update.pairs()).await;
        assert_refused(&update, "Invalid Input", &json!({ "ticket": [FULL] }), encoding);
    }
    let reply = reply_to(ticket);
    let refused = desk.client.post_parts(CONVERSATION, &reply.parts(&[("a.txt", b"bytes")])).await;
    assert_refused(&refused, "Validation Error", &json!({ "comment": [FULL] }), "with a file");
    assert_eq!(desk.app.state.blobs().list().count().await, 0, "its file was stored before it was refused");
    let view = desk.view(ticket).await;
    assert_eq!(view["conversations"].as_array().map(Vec::len), Some(1));
    assert_eq!((&view["ticket"]["tags"], &view["attachments"]), (&json!([]), &json!([])));

    desk.answer(agent, ticket, Visibility::Public, None).await;
    assert_eq!(desk.client.post_json(STATUS, &status("3").json()).await.json(), done());
    let reopened = desk.client.post_json(STATUS, &status("2").json()).await;
    assert_refused(&reopened, "Validation Error", &json!({ "ticket": [FULL] }), "reopened");
    let closed = desk.client.post_json(STATUS, &status("3").json()).await;
    assert_refused(&closed, "Validation Error", &json!({ "ticket": ["Ticket is already closed"] }), "closed again");
    let kinds: Vec<String> = desk.events(ticket).await.into_iter().map(|(kind, ..)| kind).collect();
    let happened =
        ["ticket.opened", "ticket.replied", "ticket.replied", "ticket.status_changed", "ticket.status_changed"];
    assert_eq!(kinds, happened);
    assert_eq!(desk.ticket().await, ticket + 1, "and another one is opened");
}

#[tokio::test]
async fn a_repeat_of_the_reply_that_filled_the_ticket_gets_the_first_answer() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    desk.hold(ticket, Held(Held::MAX.0 - Held::by("Any news?").0)).await;
    let (client, reply) = (desk.client.clone().header("idempotency-key", "k1"), reply_to(ticket));
    for _ in 0..2 {
        let answer = client.post_parts(CONVERSATION, &reply.parts(&[("a.txt", b"bytes")])).await;
        assert_eq!(answer.json(), done());
    }
    assert_eq!(desk.view(ticket).await["conversations"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_20_replies_at_once_exactly_those_are_taken_that_the_ticket_has_room_for() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    desk.hold(ticket, Held(Held::MAX.0 - 3 * Held::by("Any news?").0)).await;
    let mut replies = JoinSet::new();
    for _ in 0..20 {
        let (client, fields) = (desk.client.clone(), reply_to(ticket));
        replies.spawn(async move { client.post_json(CONVERSATION, &fields.json()).await.status.as_u16() });
    }
    let mut statuses = replies.join_all().await;
    statuses.sort_unstable();
    assert_eq!((statuses[..3].to_vec(), statuses[3..].to_vec()), (vec![200; 3], vec![400; 17]));
    assert_eq!(desk.view(ticket).await["conversations"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn the_eleventh_ticket_that_is_not_closed_is_refused_in_each_kind_of_body() {
    let desk = Desk::new().await;
    for _ in 0..10 {
        desk.ticket().await;
    }
    for encoding in Encoding::ALL {
        let answer = desk.client.post(CREATE, encoding, &desk.ticket_fields().pairs()).await;
        assert_limit_reached(&answer);
        assert_eq!((answer.header("location"), answer.header("x-ticket-id")), ("", ""));
    }
    let fields = desk.ticket_fields();
    assert_limit_reached(&desk.client.post_parts(CREATE, &fields.parts(&[("a.txt", b"bytes")])).await);
    assert_eq!(desk.tickets().await, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_200_tickets_created_at_once_exactly_ten_are_opened() {
    let desk = Desk::new().await;
    let fields = desk.ticket_fields();
    let mut requests = JoinSet::new();
    for number in 0..200 {
        let (client, fields) = (desk.client.clone(), fields.clone());
        requests.spawn(async move {
            match number % 2 {
                0 => client.post_json(CREATE, &fields.json()).await,
                _ => client.post_parts(CREATE, &fields.parts(&[("a.txt", b"bytes")])).await,
            }
        });
    }
    let answers = requests.join_all().await;
    let (opened, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((opened.len(), refused.len()), (10, 190));
    for answer in refused {
        assert_limit_reached(answer);
    }
    let mut ids: Vec<i64> = opened.iter().map(|answer| answer.ticket_id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 10);
    assert_eq!(desk.tickets().await, 10);
    assert_eq!(desk.app.read(miscounted_users).await, []);
    assert_limit_reached(&create(&desk).await);
}

#[tokio::test]
async fn closing_a_ticket_frees_its_place_once() {
    let desk = Desk::new().await;
    desk.set(Some(2), None).await;
    let (first, _second) = (desk.ticket().await, desk.ticket().await);
    assert_limit_reached(&create(&desk).await);
    desk.close(first).await;
    // Closing what is closed already frees nothing.
    assert_eq!(desk.client.post_json(STATUS, &json!({ "ticket": first, "status": "3" })).await.status, 400);
    desk.ticket().await;
    assert_limit_reached(&create(&desk).await);
}

#[tokio::test]
async fn a_ticket_that_is_processing_takes_a_place() {
    let desk = Desk::new().await;
    let agent = desk.agent().await;
    desk.set(Some(1), None).await;
    let ticket = desk.ticket().await;
    desk.answer(agent, ticket, ferrodesk::domain::conversation::Visibility::Public, None).await;
    assert_eq!(desk.status(ticket).await, "2");
    assert_limit_reached(&create(&desk).await);
}

/// The contract limits the creation of tickets alone: a ticket that was open once may be opened again, and then counts.
#[tokio::test]
async fn opening_again_needs_no_place_but_takes_one() {
    let desk = Desk::new().await;
    desk.set(Some(1), None).await;
    let first = desk.ticket().await;
    desk.close(first).await;
    let second = desk.ticket().await;
    let reopened = desk.client.post_json(STATUS, &json!({ "ticket": first, "status": "2" })).await;
    assert_eq!(reopened.json(), done());
    desk.close(second).await;
    assert_limit_reached(&create(&desk).await);
    let replied = desk.client.post_json(CONVERSATION, &json!({ "ticket": second, "comment": "Not yet" })).await;
    assert_eq!(replied.json(), done());
    assert_eq!(desk.status(second).await, "2");
    desk.close(first).await;
    assert_limit_reached(&create(&desk).await);
    desk.close(second).await;
    desk.ticket().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_that_is_closed_by_many_at_once_is_closed_once_and_counted_once() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    for (status, before, after) in [("3", "1", "3"), ("2", "3", "2"), ("3", "2", "3")] {
        let recorded = desk.events(ticket).await.len();
        let mut requests = JoinSet::new();
        for _ in 0..50 {
            let (client, body) = (desk.client.clone(), json!({ "ticket": ticket, "status": status }));
            requests.spawn(async move { client.post_json(STATUS, &body).await.status.as_u16() });
        }
        let mut answers = requests.join_all().await;
        answers.sort_unstable();
        assert_eq!((answers[0], &answers[1..]), (200, [400; 49].as_slice()));
        let events = desk.events(ticket).await;
        assert_eq!(events.len(), recorded + 1);
        assert_eq!(
            (&events[recorded].2, &events[recorded].3),
            (&json!({ "status": before }), &json!({ "status": after }))
        );
    }
    assert_eq!(desk.app.read(miscounted_users).await, []);
}

#[tokio::test]
async fn a_limit_of_0_is_none() {
    let desk = Desk::new().await;
    desk.set(Some(0), None).await;
    for _ in 0..25 {
        desk.ticket().await;
    }
    desk.ticket_with(&[("a.txt", b"bytes")]).await;
}

#[tokio::test]
async fn a_limit_holds_for_each_user_and_not_for_the_workspace() {
    let desk = Desk::new().await;
    desk.set(Some(1), None).await;
    let bob = desk.bob().await;
    let (globex, gil) = desk.foreigner().await;
    desk.ticket().await;
    assert_limit_reached(&create(&desk).await);
    open(&bob, &desk.acme).await;
    assert_limit_reached(&bob.post_json(CREATE, &desk.ticket_fields().json()).await);
    for _ in 0..2 {
        open(&gil, &globex).await;
    }
}

#[tokio::test]
async fn a_lower_limit_closes_nothing_and_a_higher_one_makes_room() {
    let desk = Desk::new().await;
    let tickets = [desk.ticket().await, desk.ticket().await];
    desk.set(Some(1), None).await;
    assert_limit_reached(&create(&desk).await);
    for ticket in tickets {
        assert_eq!(desk.status(ticket).await, "1");
    }
    desk.close(tickets[0]).await;
    assert_limit_reached(&create(&desk).await);
    desk.set(Some(2), None).await;
    desk.ticket().await;
}

#[tokio::test]
async fn fields_are_checked_before_the_limit() {
    let desk = Desk::new().await;
    desk.set(Some(1), None).await;
    desk.ticket().await;
    let answer = desk.client.post_json(CREATE, &desk.ticket_fields().with("subject", "").json()).await;
    answer.assert_invalid(&json!({ "subject": ["This field may not be blank."] }));
}

/// A 429, in the words of DRF and with the fields that say when to come back.
#[track_caller]
fn assert_throttled(answer: &Answer, policy: &str, quota: u32) {
    let wait: u64 = answer.header("retry-after").parse().expect("Retry-After is a number of seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    let unit = if wait == 1 { "second" } else { "seconds" };
    let message = format!("Request was throttled. Expected available in {wait} {unit}.");
    answer.assert_failure(429, "Too Many Requests", &json!({ "detail": [message] }));
    assert_eq!(answer.header("ratelimit-policy"), format!("\"{policy}\";q={quota};w=60"));
    assert_eq!(answer.header("ratelimit"), format!("\"{policy}\";r=0;t={wait}"));
}

async fn history(client: &Client) -> Answer {
    client.get("/support/get/ticket/history/").await
}

#[tokio::test]
async fn a_user_who_asks_too_often_is_throttled_and_others_are_not() {
    let desk = Desk::with(|config| config.requests_per_minute_per_user = 2).await;
    let bob = desk.bob().await;
    let ticket = desk.ticket().await;
    assert_eq!(view(&desk.client, ticket).await.status, 200);
    assert_throttled(&history(&desk.client).await, "user", 2);
    assert_throttled(&create(&desk).await, "user", 2);
    assert_eq!(history(&bob).await.status, 200);
    assert_eq!(desk.tickets().await, 1, "what is throttled does nothing");
    // A new token is still the same user.
    let token = desk.app.sign_in(&desk.acme, desk.ann.requester).await;
    let client = desk.client.clone().header("authorization", &format!("Bearer {token}"));
    assert_throttled(&history(&client).await, "user", 2);
}

#[tokio::test]
async fn an_application_that_asks_too_often_is_throttled_for_all_its_users() {
    let desk = Desk::with(|config| config.requests_per_minute_per_apikey = 2).await;
    let bob = desk.bob().await;
    let (_, gil) = desk.foreigner().await;
    assert_eq!(history(&desk.client).await.status, 200);
    assert_eq!(history(&bob).await.status, 200);
    assert_throttled(&history(&bob).await, "apikey", 2);
    assert_throttled(&history(&desk.client).await, "apikey", 2);
    let login = desk.app.application(&desk.acme).post_json("/user/login/", &json!({})).await;
    assert_throttled(&login, "apikey", 2);
    assert_eq!(history(&gil).await.status, 200);
}

#[tokio::test]
async fn strangers_do_not_use_up_what_an_application_may_ask() {
    let desk = Desk::with(|config| config.requests_per_minute_per_apikey = 1).await;
    let wrong = desk.app.application(&desk.acme).header("authorization", "Bearer wrong");
    for _ in 0..3 {
        assert_eq!(history(&wrong).await.status, 401);
    }
    assert_eq!(history(&desk.client).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_of_writes_is_a_503_that_says_when_to_come_back() {
    let desk = Desk::with(|config| (config.storage_queue, config.storage_writers) = (1, 1)).await;
    let store = desk.app.state.store().clone();
    let (entered, released) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let busy = {
        let (store, entered, released) = (store.clone(), Arc::clone(&entered), Arc::clone(&released));
        tokio::spawn(async move {
            store
                .write(move |_| {
                    entered.wait();
                    released.wait();
                    Ok(())
                })
                .await
        })
    };
    tokio::task::spawn_blocking(move || entered.wait()).await.expect("the writer is busy now");
    let queued = {
        let store = store.clone();
        tokio::spawn(async move { store.write(|_| Ok(())).await })
    };
    while store.queue_depths().0 == 0 {
        tokio::task::yield_now().await;
    }
    let fields = desk.ticket_fields();
    for refused in [create(&desk).await, desk.client.post_parts(CREATE, &fields.parts(&[("a.txt", b"bytes")])).await] {
        let body = refused.json();
        assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (503, "1"), "{body}");
        assert_eq!((&body["status_code"], &body["error_type"]), (&json!(503), &json!("Service Unavailable")));
        assert_eq!(body["data"], json!({}));
    }
    tokio::task::spawn_blocking(move || released.wait()).await.expect("the writer goes on");
    busy.await.expect("no panic").expect("it was accepted");
    queued.await.expect("no panic").expect("it was accepted");
    assert_eq!(desk.tickets().await, 0);
    assert_eq!(view(&desk.client, desk.ticket().await).await.status, 200);
}
