//! 6 · `GET support/ticket/detailed-view/`

use ferrodesk::domain::conversation::Visibility;
use http::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, CONVERSATION, Client, Desk, Encoding, Fields, UPDATE, assert_refused, download, open, view,
};

const PATH: &str = "/support/ticket/detailed-view/";
const NOT_VALID: &str = "Ticket id is not valid.";
const REQUIRED: &str = "Ticket id is required and this may not be blank.";
const NOT_OWNER: &str = "You are not the owner of the requested ticket";

async fn get_with_body(client: &Client, encoding: Encoding, ticket_id: &str) -> Answer {
    client.send_fields(Method::GET, PATH, encoding, &[("ticket_id", ticket_id)]).await
}

#[track_caller]
fn assert_invalid_input(answer: &Answer, message: &str, given: impl std::fmt::Debug) {
    assert_refused(answer, "Invalid Input", &json!({ "ticket": [message] }), given);
}

#[tokio::test]
async fn a_ticket_is_shown_with_all_that_was_said_on_it() {
    let desk = Desk::new().await;
    let agent = desk.agent().await;
    let ticket = desk.ticket_with(&[("photo.txt", b"of the ticket")]).await;
    let fields = Fields::new(&[("ticket", &ticket.to_string()), ("comment", "A reply")]);
    desk.client.post_parts(CONVERSATION, &fields.parts(&[("one.txt", b"1"), ("two.txt", b"2")])).await.data();
    let file = desk.stored("answer.txt", b"of the answer").await;
    let answer = desk.answer(agent, ticket, Visibility::Public, Some(file)).await;
    let tags = json!({ "ticket_id": ticket, "tags": [desk.acme.tag], "priority": "3" });
    desk.client.post_json(UPDATE, &tags).await.data();

    let shown = view(&desk.client, ticket).await;
    let (status, headers) = (shown.status, shown.header("content-type").to_owned());
    assert_eq!((status.as_u16(), headers.as_str()), (200, "application/json"));
    let body = shown.json();
    let reply = &body["data"]["conversations"][0]["id"];
    let ids: Vec<&Value> = (0..4).map(|n| &body["data"]["attachments"][n]["id"]).collect();
    assert!(reply.is_i64() && ids.iter().all(|id| id.is_i64()), "ids are numbers: {body}");
    let expected = json!({
        "status_code": 200,
        "errors": {},
        "data": {
            "ticket": {
                "id": ticket, "subject": "Invoice", "priority": "3", "category": desk.acme.category,
                "comment": "It is wrong", "status": "2", "tags": [desk.acme.tag],
            },
            "author": desk.ann.email,
            "conversations": [
                { "id": reply, "ticket": ticket, "comment": "A reply", "author": "ann@customer.example" },
                { "id": answer, "ticket": ticket, "comment": "We look into it", "author": "agent@acme.example" },
            ],
            "attachments": [
                { "id": ids[0], "conversation_id": null },
                { "id": ids[1], "conversation_id": reply },
                { "id": ids[2], "conversation_id": reply },
                { "id": ids[3], "conversation_id": answer },
            ],
        },
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn the_id_is_read_from_the_query_string_or_else_from_a_body_of_any_kind() {
    let desk = Desk::new().await;
    let (ticket, other) = (desk.ticket().await, desk.ticket().await);
    let shown = desk.view(ticket).await;
    for given in [ticket.to_string(), format!("%20{ticket}%20"), format!("0{ticket}")] {
        assert_eq!(view(&desk.client, &given).await.data(), shown, "{given}");
    }
    for encoding in Encoding::ALL {
        for given in [ticket.to_string(), format!(" {ticket}\n"), format!("00{ticket}")] {
            assert_eq!(get_with_body(&desk.client, encoding, &given).await.data(), shown, "{encoding:?}");
        }
        let path = format!("{PATH}?ticket_id={ticket}");
        let body = [("ticket_id", &*other.to_string())];
        let both = desk.client.send_fields(Method::GET, &path, encoding, &body).await;
        assert_eq!(both.data(), shown, "the query string comes first");
        let path = format!("{PATH}?ticket_id=abc");
        let both = desk.client.send_fields(Method::GET, &path, encoding, &body).await;
        assert_invalid_input(&both, NOT_VALID, "even if it is wrong");
    }
    let number = json!({ "ticket_id": ticket }).to_string();
    let answer = desk.client.send(Method::GET, PATH, Some("application/json"), number).await;
    assert_eq!(answer.data(), shown);
}

#[tokio::test]
async fn head_answers_as_get_does_but_without_the_body() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let path = format!("{PATH}?ticket_id={ticket}");
    let head = desk.client.send(Method::HEAD, &path, None, "").await;
    let get = desk.client.get(&path).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    for name in ["content-type", "content-length"] {
        assert_eq!(head.header(name), get.header(name));
    }
}

#[tokio::test]
async fn an_id_that_is_missing_or_blank_is_required() {
    let desk = Desk::new().await;
    for path in [PATH.to_owned(), format!("{PATH}?ticket_id="), format!("{PATH}?ticket_id=%20%E3%80%80")] {
        assert_invalid_input(&desk.client.get(&path).await, REQUIRED, path);
    }
    for encoding in Encoding::ALL {
        let nothing = desk.client.send_fields(Method::GET, PATH, encoding, &[]).await;
        assert_invalid_input(&nothing, REQUIRED, encoding);
        for given in ["", "  ", "\u{1c}\u{1f}"] {
            assert_invalid_input(&get_with_body(&desk.client, encoding, given).await, REQUIRED, (encoding, given));
        }
    }
    let null = desk.client.send(Method::GET, PATH, Some("application/json"), r#"{"ticket_id": null}"#).await;
    assert_invalid_input(&null, REQUIRED, "null");
}

#[tokio::test]
async fn an_id_that_names_nothing_here_is_not_valid_with_a_full_stop() {
    let desk = Desk::new().await;
    let (globex, gil) = desk.foreigner().await;
    let foreign = open(&gil, &globex).await.to_string();
    let huge = "9".repeat(60);
    let given = ["abc", "99", "0", "-1", "+1", "1.0", "1e0", "\u{661}", "9223372036854775808", &huge, &foreign];
    for given in given {
        for encoding in Encoding::ALL {
            assert_invalid_input(&get_with_body(&desk.client, encoding, given).await, NOT_VALID, (encoding, given));
        }
        let query: String = form_urlencoded::byte_serialize(given.as_bytes()).collect();
        assert_invalid_input(&view(&desk.client, query).await, NOT_VALID, given);
    }
    for raw in ["-1", "1.0", "true", "false", "[]", "[1]", "{}", r#""\ud800""#, &huge] {
        let body = format!(r#"{{"ticket_id":{raw}}}"#);
        let answer = desk.client.send(Method::GET, PATH, Some("application/json"), body).await;
        assert_invalid_input(&answer, NOT_VALID, raw);
    }
}

#[tokio::test]
async fn anothers_ticket_is_not_shown() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let bob = desk.bob().await;
    assert_invalid_input(&view(&bob, ticket).await, NOT_OWNER, "query");
    for encoding in Encoding::ALL {
        assert_invalid_input(&get_with_body(&bob, encoding, &ticket.to_string()).await, NOT_OWNER, encoding);
    }
}

#[tokio::test]
async fn conversations_and_files_of_one_ticket_are_not_on_another() {
    let desk = Desk::new().await;
    let (first, second) = (desk.ticket().await, desk.ticket_with(&[("a.txt", b"bytes")]).await);
    desk.client.post_json(CONVERSATION, &json!({ "ticket": second, "comment": "On the second" })).await.data();
    let view = desk.view(first).await;
    assert_eq!((&view["conversations"], &view["attachments"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn internal_notes_and_their_files_do_not_appear() {
    let desk = Desk::new().await;
    let agent = desk.agent().await;
    let ticket = desk.ticket_with(&[("a.txt", b"mine")]).await;
    let before = desk.view(ticket).await;
    let file = desk.stored("secret.txt", b"internal").await;
    desk.answer(agent, ticket, Visibility::Internal, Some(file)).await;
    assert_eq!(desk.view(ticket).await, before, "nothing at all tells of a note, not even the status");

    let file = desk.stored("answer.txt", b"public").await;
    let answer = desk.answer(agent, ticket, Visibility::Public, Some(file)).await;
    let view = desk.view(ticket).await;
    let conversations = json!([
        { "id": answer, "ticket": ticket, "comment": "We look into it", "author": "agent@acme.example" },
    ]);
    assert_eq!(view["conversations"], conversations);
    let files = view["attachments"].as_array().expect("a list");
    assert_eq!(files.len(), 2);
    assert_eq!(files[1]["conversation_id"], answer);
    assert_eq!(download(&desk.client, &files[1]["id"]).await.body, b"public");
}
