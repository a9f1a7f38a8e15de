//! 5 · `POST support/update/ticket/`

use ferrodesk::app::manage::catalogue;
use ferrodesk::domain::{Clock as _, TagId};
use serde_json::{Value, json};

use super::bad_values::{BAD_JSON_IDS, Sent, bad_ids, done};
use crate::support::{Answer, Client, Desk, Encoding, Fields, UPDATE, assert_refused, open, post_raw};

const NOT_VALID: &str = "Ticket id is not valid";
const REQUIRED: &str = "Ticket id is required and this may not be blank.";
const NOT_OWNER: &str = "You are not the owner of the requested ticket";
const EMPTY_LIST: &str = "This list may not be empty.";

/// Adds tags to Acme beside "Refund".
async fn tags(desk: &Desk, names: &'static [&'static str]) -> Vec<TagId> {
    let (workspace, at) = (desk.acme.id, desk.app.clock.now());
    desk.app.write(move |tx| names.iter().map(|name| catalogue::add_tag(tx, workspace, name, name, at)).collect()).await
}

/// The fields of an update that is right. The tag comes twice, so that it is a list in every encoding.
fn fields(desk: &Desk, ticket: i64) -> Fields {
    let tag = desk.acme.tag.to_string();
    Fields::new(&[("ticket_id", &ticket.to_string()), ("priority", "3"), ("tags", &tag), ("tags", &tag)])
}

fn update_json(client: &Client, body: &Value) -> impl Future<Output = Answer> {
    let (client, body) = (client.clone(), body.clone());
    async move { client.post_json(UPDATE, &body).await }
}

#[tokio::test]
async fn a_ticket_is_tagged_and_given_a_priority_in_each_kind_of_body() {
    let desk = Desk::new().await;
    let more = tags(&desk, &["Bug", "Urgent"]).await;
    for encoding in Encoding::ALL {
        let ticket = desk.ticket().await;
        let (id, first, second) = (ticket.to_string(), more[1].to_string(), desk.acme.tag.to_string());
        let fields = [("ticket_id", &*id), ("priority", "1"), ("tags", &*first), ("tags", &*second)];
        let answer = desk.client.post(UPDATE, encoding, &fields).await;
        assert_eq!(answer.json(), done(), "{encoding:?}");
        let view = desk.view(ticket).await;
        assert_eq!(view["ticket"]["tags"], json!([desk.acme.tag, more[1]]), "{encoding:?}");
        assert_eq!(view["ticket"]["priority"], "1");
        assert_eq!(view["ticket"]["status"], "1", "an update is no answer");
    }
}

#[tokio::test]
async fn one_tag_is_a_list_in_a_form_and_must_be_one_in_json() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    for encoding in [Encoding::Multipart, Encoding::Urlencoded] {
        let one = fields(&desk, ticket).with("tags", &desk.acme.tag.to_string());
        assert_eq!(desk.client.post(UPDATE, encoding, &one.pairs()).await.data(), json!({}));
        assert_eq!(desk.view(ticket).await["ticket"]["tags"], json!([desk.acme.tag]));
    }
    let scalars =
        [("1", "int"), ("1.5", "float"), (r#""1""#, "str"), (r#""""#, "str"), ("true", "bool"), ("false", "bool")];
    for (raw, kind) in scalars {
        let answer = post_raw(&desk.client, UPDATE, fields(&desk, ticket).raw_json("tags", raw)).await;
        let message = format!("Expected a list of items but got type \"{kind}\".");
        assert_refused(&answer, "Validation Error", &json!({ "tags": [message] }), raw);
    }
}

#[tokio::test]
async fn tags_may_be_sent_as_php_and_as_drf_write_lists() {
    let desk = Desk::new().await;
    let bug = tags(&desk, &["Bug"]).await[0];
    let (first, second) = (desk.acme.tag.to_string(), bug.to_string());
    for names in [["tags[]", "tags[]"], ["tags[0]", "tags[1]"]] {
        for encoding in [Encoding::Multipart, Encoding::Urlencoded] {
            let ticket = desk.ticket().await;
            let id = ticket.to_string();
            let fields = [("ticket_id", &*id), (names[0], &*first), (names[1], &*second)];
            assert_eq!(desk.client.post(UPDATE, encoding, &fields).await.data(), json!({}));
            assert_eq!(desk.view(ticket).await["ticket"]["tags"], json!([desk.acme.tag, bug]), "{names:?}");
        }
    }
}

#[tokio::test]
async fn the_given_tags_replace_those_the_ticket_had_each_once() {
    let desk = Desk::new().await;
    let (bug, ticket) = (tags(&desk, &["Bug"]).await[0], desk.ticket().await);
    let refund = desk.acme.tag;
    for (given, kept) in [
        (json!([refund, bug]), json!([refund, bug])),
        (json!([bug]), json!([bug])),
        (json!([refund, refund.to_string(), format!(" +0{refund} ")]), json!([refund])),
    ] {
        let answer = update_json(&desk.client, &json!({ "ticket_id": ticket, "tags": given })).await;
        assert_eq!(answer.data(), json!({}));
        assert_eq!(desk.view(ticket).await["ticket"]["tags"], kept);
    }
}

#[tokio::test]
async fn without_a_priority_it_stays_what_it_was() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    for encoding in Encoding::ALL {
        let fields = fields(&desk, ticket).without("priority");
        assert_eq!(desk.client.post(UPDATE, encoding, &fields.pairs()).await.data(), json!({}));
    }
    // A form cannot leave a field out that is on its page.
    for encoding in [Encoding::Multipart, Encoding::Urlencoded] {
        let fields = fields(&desk, ticket).with("priority", "");
        assert_eq!(desk.client.post(UPDATE, encoding, &fields.pairs()).await.data(), json!({}));
    }
    assert_eq!(desk.view(ticket).await["ticket"]["priority"], "2");
}

#[tokio::test]
async fn every_change_is_recorded_and_what_stays_is_not() {
    let desk = Desk::new().await;
    let (ticket, ann, tag) = (desk.ticket().await, desk.ann.requester.user.0, desk.acme.tag);
    let body = json!({ "ticket_id": ticket, "priority": "3", "tags": [tag] });
    for _ in 0..2 {
        assert_eq!(update_json(&desk.client, &body).await.data(), json!({}));
    }
    let expected = [
        ("ticket.priority_changed".to_owned(), ann, json!({ "priority": "2" }), json!({ "priority": "3" })),
        ("ticket.tags_changed".to_owned(), ann, json!({ "tags": [] }), json!({ "tags": [tag] })),
    ];
    assert_eq!(desk.events(ticket).await[1..], expected);
}

#[tokio::test]
async fn a_ticket_id_is_decimal_digits_trimmed() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    for given in [format!(" {ticket} "), format!("000{ticket}"), format!("\u{a0}{ticket}\u{1f}\n")] {
        for encoding in Encoding::ALL {
            let fields = fields(&desk, ticket).with("ticket_id", &given);
            assert_eq!(desk.client.post(UPDATE, encoding, &fields.pairs()).await.data(), json!({}), "{given:?}");
        }
    }
}

#[tokio::test]
async fn a_ticket_id_that_is_missing_or_blank_is_required() {
    let desk = Desk::new().await;
    let fields = fields(&desk, desk.ticket().await);
    let errors = json!({ "ticket": [REQUIRED] });
    for encoding in Encoding::ALL {
        for fields in [fields.clone().without("ticket_id"), fields.clone().with("ticket_id", "")] {
            let answer = desk.client.post(UPDATE, encoding, &fields.pairs()).await;
            assert_refused(&answer, "Invalid Input", &errors, encoding);
        }
        let blank = fields.clone().with("ticket_id", " \u{3000}\u{1c}");
        assert_refused(&desk.client.post(UPDATE, encoding, &blank.pairs()).await, "Invalid Input", &errors, encoding);
    }
    let null = post_raw(&desk.client, UPDATE, fields.raw_json("ticket_id", "null")).await;
    assert_refused(&null, "Invalid Input", &errors, "null");
}

#[tokio::test]
async fn a_ticket_id_that_names_nothing_here_is_not_valid() {
    let desk = Desk::new().await;
    let (globex, gil) = desk.foreigner().await;
    let foreign = open(&gil, &globex).await.to_string();
    let fields = fields(&desk, desk.ticket().await);
    let errors = json!({ "ticket": [NOT_VALID] });
    let huge = "9".repeat(60);
    let given = ["abc", "99", "0", "-1", "+1", "1.0", "1e0", "\u{661}", "9223372036854775808", &huge, &foreign];
    for given in given {
        for encoding in Encoding::ALL {
            let fields = fields.clone().with("ticket_id", given);
            let answer = desk.client.post(UPDATE, encoding, &fields.pairs()).await;
            assert_refused(&answer, "Invalid Input", &errors, (encoding, given));
        }
    }
    for raw in ["99", "-1", "1.0", "1.5", "true", "[]", "[1]", "{}", r#""\ud800""#, &huge, &foreign] {
        let answer = post_raw(&desk.client, UPDATE, fields.raw_json("ticket_id", raw)).await;
        assert_refused(&answer, "Invalid Input", &errors, raw);
    }
}

#[tokio::test]
async fn anothers_ticket_is_refused_and_left_as_it_was() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let bob = desk.bob().await;
    for encoding in Encoding::ALL {
        let answer = bob.post(UPDATE, encoding, &fields(&desk, ticket).pairs()).await;
        assert_refused(&answer, "Invalid Input", &json!({ "ticket": [NOT_OWNER] }), encoding);
    }
    let view = desk.view(ticket).await;
    assert_eq!((&view["ticket"]["priority"], &view["ticket"]["tags"]), (&json!("2"), &json!([])));
    assert_eq!(desk.events(ticket).await.len(), 1);
}

#[tokio::test]
async fn whose_ticket_it_is_is_looked_at_when_the_fields_are_right() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let bob = desk.bob().await;
    let answer = update_json(&bob, &json!({ "ticket_id": ticket, "priority": "9", "tags": [] })).await;
    answer.assert_invalid(&json!({ "priority": ["\"9\" is not a valid choice."], "tags": [EMPTY_LIST] }));
}

#[tokio::test]
async fn a_priority_is_refused_as_drf_refuses_a_choice() {
    let desk = Desk::new().await;
    let fields = fields(&desk, desk.ticket().await);
    let form = Sent { client: &desk.client, path: UPDATE, fields };
    form.has_choice_or_none("priority").await;
    form.refuses_json("priority", "null", "This field may not be null.").await;
    form.refuses_json("priority", r#""""#, r#""" is not a valid choice."#).await;
}

#[tokio::test]
async fn tags_must_be_given() {
    let desk = Desk::new().await;
    let without = fields(&desk, desk.ticket().await).without("tags");
    for encoding in [Encoding::Multipart, Encoding::Urlencoded] {
        let answer = desk.client.post(UPDATE, encoding, &without.pairs()).await;
        assert_refused(&answer, "Validation Error", &json!({ "tags": [EMPTY_LIST] }), encoding);
    }
    let absent = desk.client.post_json(UPDATE, &without.json()).await;
    absent.assert_invalid(&json!({ "tags": ["This field is required."] }));
    let empty = post_raw(&desk.client, UPDATE, without.raw_json("tags", "[]")).await;
    empty.assert_invalid(&json!({ "tags": [EMPTY_LIST] }));
    let null = post_raw(&desk.client, UPDATE, without.raw_json("tags", "null")).await;
    null.assert_invalid(&json!({ "tags": ["This field may not be null."] }));
}

#[tokio::test]
async fn a_tag_is_refused_as_drf_refuses_an_id() {
    let desk = Desk::new().await;
    let (globex, _) = desk.foreigner().await;
    let fields = fields(&desk, desk.ticket().await);
    for (given, message) in bad_ids(&[&globex.tag.to_string()]) {
        let errors = json!({ "tags": [message] });
        for encoding in [Encoding::Multipart, Encoding::Urlencoded] {
            let answer = desk.client.post(UPDATE, encoding, &fields.clone().with("tags", &given).pairs()).await;
            assert_refused(&answer, "Validation Error", &errors, (encoding, &given));
        }
        let answer = post_raw(&desk.client, UPDATE, fields.raw_json("tags", &json!([given]).to_string())).await;
        assert_refused(&answer, "Validation Error", &errors, &given);
    }
    for (raw, message) in BAD_JSON_IDS {
        let answer = post_raw(&desk.client, UPDATE, fields.raw_json("tags", &format!("[{raw}]"))).await;
        assert_refused(&answer, "Validation Error", &json!({ "tags": [message] }), raw);
    }
}

#[tokio::test]
async fn the_first_bad_tag_is_the_one_that_is_reported() {
    let desk = Desk::new().await;
    let (ticket, tag) = (desk.ticket().await, desk.acme.tag);
    let unknown = "Invalid pk \"99\" - object does not exist.";
    let wrong = "Incorrect type. Expected pk value, received str.";
    for (given, message) in [(json!([tag, "99", "abc"]), unknown), (json!([tag, "abc", "99"]), wrong)] {
        let answer = update_json(&desk.client, &json!({ "ticket_id": ticket, "tags": given })).await;
        assert_refused(&answer, "Validation Error", &json!({ "tags": [message] }), given);
    }
}

#[tokio::test]
async fn a_tag_that_is_no_longer_used_does_not_exist() {
    let desk = Desk::new().await;
    let (ticket, workspace, tag) = (desk.ticket().await, desk.acme.id, desk.acme.tag);
    desk.app.write(move |tx| catalogue::set_tag_active(tx, workspace, tag, false)).await;
    let answer = update_json(&desk.client, &json!({ "ticket_id": ticket, "tags": [tag] })).await;
    answer.assert_invalid(&json!({ "tags": [format!("Invalid pk \"{tag}\" - object does not exist.")] }));
}

#[tokio::test]
async fn all_fields_that_fail_are_reported_at_once_and_change_nothing() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let wrong = "Incorrect type. Expected pk value, received str.";
    let answer = update_json(&desk.client, &json!({ "ticket_id": "x", "priority": "9", "tags": ["x"] })).await;
    let all = json!({ "ticket": [NOT_VALID], "priority": ["\"9\" is not a valid choice."], "tags": [wrong] });
    answer.assert_failure(400, "Invalid Input", &all);
    for encoding in [Encoding::Multipart, Encoding::Urlencoded] {
        let nothing = desk.client.post(UPDATE, encoding, &[]).await;
        let errors = json!({ "ticket": [REQUIRED], "tags": [EMPTY_LIST] });
        assert_refused(&nothing, "Invalid Input", &errors, encoding);
    }
    let answer = update_json(&desk.client, &json!({ "ticket_id": ticket, "priority": "9", "tags": ["x"] })).await;
    answer.assert_invalid(&json!({ "priority": ["\"9\" is not a valid choice."], "tags": [wrong] }));
    // The right half of a wrong request comes to nothing.
    update_json(&desk.client, &json!({ "ticket_id": ticket, "priority": "3", "tags": ["x"] })).await;
    assert_eq!(desk.view(ticket).await["ticket"]["priority"], "2");
    assert_eq!(desk.events(ticket).await.len(), 1);
}
