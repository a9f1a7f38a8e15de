//! 8 · `POST support/ticket/conversation/`

use ferrodesk::domain::conversation::Visibility;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::bad_values::{Sent, done};
use crate::support::{CONVERSATION, Desk, Encoding, assert_refused, download, open, post_raw, reply_to};

const NOT_OWNER: &str = "You are not the owner of the requested ticket.";

/// The fields of a reply that is right.
async fn reply(desk: &Desk, ticket: i64) {
    assert_eq!(desk.client.post_json(CONVERSATION, &reply_to(ticket).json()).await.json(), done());
}

#[tokio::test]
async fn a_reply_is_added_in_each_of_the_three_kinds_of_body() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    for (count, encoding) in Encoding::ALL.into_iter().enumerate() {
        let comment = format!(" From {encoding:?} \u{1f}");
        let fields = reply_to(ticket).with("comment", &comment);
        let answer = desk.client.post(CONVERSATION, encoding, &fields.pairs()).await;
        assert_eq!(answer.json(), done(), "{encoding:?}");
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
        assert_eq!((answer.header("location"), answer.header("x-ticket-id")), ("", ""));
        let shown = &desk.view(ticket).await["conversations"];
        assert_eq!(shown.as_array().map(Vec::len), Some(count + 1), "oldest first");
        let expected = json!({
            "id": shown[count]["id"], "ticket": ticket, "comment": format!("From {encoding:?}"),
            "author": "ann@customer.example",
        });
        assert_eq!(shown[count], expected);
    }
    assert_eq!(desk.status(ticket).await, "1", "a customer's reply moves nothing but a closed ticket");
}

#[tokio::test]
async fn a_reply_brings_files_along() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let fields = reply_to(ticket);
    let files: &[(&str, &[u8])] = &[("a.txt", b"first"), ("b.txt", b"second")];
    assert_eq!(desk.client.post_parts(CONVERSATION, &fields.parts(files)).await.json(), done());
    let view = desk.view(ticket).await;
    let listed = view["attachments"].as_array().expect("a list");
    assert_eq!(listed.len(), 2);
    for (item, (_, bytes)) in listed.iter().zip(files) {
        assert_eq!(item["conversation_id"], view["conversations"][0]["id"]);
        assert_eq!(download(&desk.client, &item["id"]).await.body, *bytes);
    }
}

#[tokio::test]
async fn a_comment_is_refused_as_drf_refuses_text() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    Sent { client: &desk.client, path: CONVERSATION, fields: reply_to(ticket) }.has_text("comment").await;
    assert_eq!(desk.view(ticket).await["conversations"], json!([]));
}

#[tokio::test]
async fn a_comment_that_is_a_json_number_is_taken_as_its_text() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    post_raw(&desk.client, CONVERSATION, reply_to(ticket).raw_json("comment", "10.0")).await.data();
    assert_eq!(desk.view(ticket).await["conversations"][0]["comment"], "10.0");
}

/// Text that clients may send, with white space of all kinds around it more often than chance would have it.
fn sent_text() -> impl Strategy<Value = String> {
    let space = "[ \\t\\r\\n\u{1c}-\u{1f}\u{85}\u{a0}\u{2003}\u{3000}]{0,3}";
    (space, any::<String>(), space).prop_map(|(before, text, after)| format!("{before}{text}{after}"))
}

#[test]
fn any_text_comes_back_as_it_was_sent_but_for_the_white_space_around_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let desk = runtime.block_on(Desk::new());
    runtime.block_on(desk.set(Some(0), None));
    let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&sent_text(), |text| {
            let kept = text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c));
            prop_assume!(!kept.is_empty() && !kept.contains('\0'));
            runtime.block_on(async {
                let ticket = desk.ticket().await;
                for (number, encoding) in Encoding::ALL.into_iter().enumerate() {
                    let fields = reply_to(ticket).with("comment", &text);
                    let answer = desk.client.post(CONVERSATION, encoding, &fields.pairs()).await;
                    prop_assert_eq!(answer.json(), done());
                    let view = desk.view(ticket).await;
                    let shown = view["conversations"][number]["comment"].as_str();
                    prop_assert_eq!(shown, Some(kept), "{:?}", encoding);
                }
                Ok(())
            })
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

#[tokio::test]
async fn a_ticket_is_refused_as_drf_refuses_an_id() {
    let desk = Desk::new().await;
    let (globex, gil) = desk.foreigner().await;
    let ticket = desk.ticket().await;
    let foreign = open(&gil, &globex).await.to_string();
    Sent { client: &desk.client, path: CONVERSATION, fields: reply_to(ticket) }.has_id("ticket", &[&foreign]).await;
}

#[tokio::test]
async fn a_ticket_is_taken_with_spaces_a_sign_and_leading_zeros() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    for given in [format!(" {ticket} "), format!("+{ticket}"), format!("00{ticket}"), format!("\u{a0}{ticket}\u{1c}")] {
        for encoding in Encoding::ALL {
            let fields = reply_to(ticket).with("ticket", &given);
            assert_eq!(desk.client.post(CONVERSATION, encoding, &fields.pairs()).await.json(), done(), "{given:?}");
        }
    }
    post_raw(&desk.client, CONVERSATION, reply_to(ticket).raw_json("ticket", &ticket.to_string())).await.data();
    assert_eq!(desk.view(ticket).await["conversations"].as_array().map(Vec::len), Some(13));
}

#[tokio::test]
async fn anothers_ticket_is_refused_with_a_full_stop() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let bob = desk.bob().await;
    for encoding in Encoding::ALL {
        let answer = bob.post(CONVERSATION, encoding, &reply_to(ticket).pairs()).await;
        assert_refused(&answer, "Validation Error", &json!({ "ticket": [NOT_OWNER] }), encoding);
    }
    assert_eq!(desk.view(ticket).await["conversations"], json!([]));
    assert_eq!(desk.events(ticket).await.len(), 1);
}

#[tokio::test]
async fn all_fields_that_fail_are_reported_at_once() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await.to_string();
    let bob = desk.bob().await;
    for encoding in Encoding::ALL {
        let required = json!(["This field is required."]);
        let nothing = desk.client.post(CONVERSATION, encoding, &[]).await;
        assert_refused(&nothing, "Validation Error", &json!({ "ticket": required, "comment": required }), encoding);
        let wrong = [("ticket", &*ticket), ("comment", " "), ("attachment", "text")];
        let errors = json!({
            "ticket": [NOT_OWNER],
            "comment": ["This field may not be blank."],
            "attachment": ["The submitted data was not a file. Check the encoding type on the form."],
        });
        assert_refused(&bob.post(CONVERSATION, encoding, &wrong).await, "Validation Error", &errors, encoding);
    }
}

#[tokio::test]
async fn a_reply_reopens_a_closed_ticket_as_processing() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    desk.close(ticket).await;
    reply(&desk, ticket).await;
    assert_eq!(desk.status(ticket).await, "2");
    let conversation = &desk.view(ticket).await["conversations"][0]["id"];
    let ann = desk.ann.requester.user.0;
    let expected = [
        ("ticket.replied".to_owned(), ann, Value::Null, json!({ "conversation": conversation })),
        ("ticket.status_changed".to_owned(), ann, json!({ "status": "3" }), json!({ "status": "2" })),
    ];
    assert_eq!(desk.events(ticket).await[2..], expected);
    // What is open already stays as it is, and no change is recorded.
    reply(&desk, ticket).await;
    let events = desk.events(ticket).await;
    assert_eq!((events.len(), events[4].0.as_str()), (5, "ticket.replied"));
}

#[tokio::test]
async fn a_reply_leaves_a_closed_ticket_closed_where_the_workspace_wants_it_so() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    desk.close(ticket).await;
    desk.set(None, Some(false)).await;
    reply(&desk, ticket).await;
    assert_eq!(desk.status(ticket).await, "3");
    assert_eq!(desk.view(ticket).await["conversations"].as_array().map(Vec::len), Some(1));
    assert_eq!(desk.events(ticket).await.last().map(|event| event.0.clone()).as_deref(), Some("ticket.replied"));
}

#[tokio::test]
async fn a_reply_to_a_locked_ticket_is_taken_and_leaves_its_status_to_staff() {
    let desk = Desk::new().await;
    let agent = desk.agent().await;
    let ticket = desk.ticket().await;
    desk.close(ticket).await;
    desk.lock(agent, ticket, true).await;
    reply(&desk, ticket).await;
    assert_eq!(desk.status(ticket).await, "3");
}

#[tokio::test]
async fn an_answer_by_staff_makes_an_open_ticket_processing_and_a_note_does_not() {
    let desk = Desk::new().await;
    let agent = desk.agent().await;
    let ticket = desk.ticket().await;
    let note = desk.answer(agent, ticket, Visibility::Internal, None).await;
    assert_eq!(desk.status(ticket).await, "1");
    let answer = desk.answer(agent, ticket, Visibility::Public, None).await;
    assert_eq!(desk.status(ticket).await, "2");
    let actor = agent.user.0;
    let expected = [
        ("ticket.noted".to_owned(), actor, Value::Null, json!({ "conversation": note })),
        ("ticket.replied".to_owned(), actor, Value::Null, json!({ "conversation": answer })),
        ("ticket.status_changed".to_owned(), actor, json!({ "status": "1" }), json!({ "status": "2" })),
    ];
    assert_eq!(desk.events(ticket).await[1..], expected);
}
