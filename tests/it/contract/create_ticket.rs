//! 2 · `POST support/create/ticket/`

use ferrodesk::app::manage::catalogue;
use ferrodesk::domain::Clock as _;
use rstest::rstest;
use serde_json::{Value, json};

use super::bad_values::{Sent, done};
use crate::support::{CREATE, Desk, Encoding, TestApp, assert_refused, fields_of, post_raw};

#[tokio::test]
async fn a_ticket_is_created_in_each_of_the_three_kinds_of_body() {
    let app = TestApp::new();
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    for encoding in Encoding::ALL {
        let created = client.post(CREATE, encoding, &fields_of(&acme).pairs()).await;
        assert_eq!(created.json(), done(), "{encoding:?}");
        assert_eq!(created.status, 200);
        assert_eq!(created.header("content-type"), "application/json");
        let id = created.ticket_id();
        let location = created.header("location");
        assert_eq!(location, format!("/api/v1/support/ticket/detailed-view/?ticket_id={id}"));
        let view = client.get(location.strip_prefix("/api/v1").expect("below the base")).await.data();
        let expected = json!({
            "ticket": {
                "id": id, "subject": "Invoice", "priority": "2", "category": acme.category, "comment": "It is wrong",
                "status": "1", "tags": [],
            },
            "author": "ann@customer.example",
            "conversations": [],
            "attachments": [],
        });
        assert_eq!(view, expected, "{encoding:?}");
    }
}

#[tokio::test]
async fn the_location_is_absolute_where_the_settings_say_how_clients_know_us() {
    let desk = Desk::with(|config| config.public_url = Some("https://support.example.com/".to_owned())).await;
    let created = desk.client.post_json(CREATE, &desk.ticket_fields().json()).await;
    let id = created.ticket_id();
    let view = format!("https://support.example.com/api/v1/support/ticket/detailed-view/?ticket_id={id}");
    assert_eq!(created.header("location"), view);
}

#[rstest]
#[case::low("1")]
#[case::medium("2")]
#[case::high("3")]
#[tokio::test]
async fn a_priority_is_taken_as_text_and_as_a_number(#[case] code: &str) {
    let desk = Desk::new().await;
    for encoding in Encoding::ALL {
        let fields = desk.ticket_fields().with("priority", code);
        let id = desk.client.post(CREATE, encoding, &fields.pairs()).await.ticket_id();
        assert_eq!(desk.view(id).await["ticket"]["priority"], code);
    }
    let id = post_raw(&desk.client, CREATE, desk.ticket_fields().raw_json("priority", code)).await.ticket_id();
    assert_eq!(desk.view(id).await["ticket"]["priority"], code);
}

#[tokio::test]
async fn opening_a_ticket_is_recorded_with_who_and_when() {
    let desk = Desk::new().await;
    let id = desk.ticket().await;
    let after = json!({ "status": "1", "priority": "2", "category": desk.acme.category });
    let opened = ("ticket.opened".to_owned(), desk.ann.requester.user.0, Value::Null, after);
    assert_eq!(desk.events(id).await, [opened]);
    assert_eq!(desk.event_times(id).await, [desk.app.clock.now()]);
    let opened_at = desk.app.clock.now();
    desk.app.clock.advance(std::time::Duration::from_millis(1500));
    desk.close(id).await;
    assert_eq!(desk.event_times(id).await, [opened_at, desk.app.clock.now()]);
}

#[tokio::test]
async fn texts_are_kept_without_the_white_space_around_them() {
    let desk = Desk::new().await;
    for encoding in Encoding::ALL {
        let fields = desk
            .ticket_fields()
            .with("subject", " \u{1f}\u{a0}Two  words\u{2003}\u{1c} ")
            .with("comment", "\n\t One\n\nTwo 🦀 \u{3000}\u{1d}");
        let id = desk.client.post(CREATE, encoding, &fields.pairs()).await.ticket_id();
        let ticket = &desk.view(id).await["ticket"];
        assert_eq!(ticket["subject"], "Two  words", "{encoding:?}");
        assert_eq!(ticket["comment"], "One\n\nTwo 🦀", "{encoding:?}");
    }
}

#[tokio::test]
async fn a_json_number_is_taken_as_its_text() {
    let desk = Desk::new().await;
    for number in ["10.0", "7", "-0.5", "123456789012345678901234567890"] {
        for field in ["subject", "comment"] {
            let created = post_raw(&desk.client, CREATE, desk.ticket_fields().raw_json(field, number)).await;
            let id = created.ticket_id();
            assert_eq!(desk.view(id).await["ticket"][field], number);
            desk.close(id).await;
        }
    }
}

#[tokio::test]
async fn a_subject_has_up_to_500_characters_which_are_code_points_after_trimming() {
    let desk = Desk::new().await;
    let form = Sent { client: &desk.client, path: CREATE, fields: desk.ticket_fields() };
    for character in ["a", "é", "🦀"] {
        let longest = character.repeat(500);
        for encoding in Encoding::ALL {
            let fields = desk.ticket_fields().with("subject", &format!("  {longest}\u{1c}\n"));
            let id = desk.client.post(CREATE, encoding, &fields.pairs()).await.ticket_id();
            assert_eq!(desk.view(id).await["ticket"]["subject"], longest, "{encoding:?}");
            desk.close(id).await;
        }
        let message = "Ensure this field has no more than 500 characters.";
        form.refuses("subject", &character.repeat(501), message).await;
    }
    let comment = "🦀".repeat(10_000);
    let id = desk.client.post_json(CREATE, &desk.ticket_fields().with("comment", &comment).json()).await.ticket_id();
    assert_eq!(desk.view(id).await["ticket"]["comment"], comment, "a comment has no such limit");
}

#[tokio::test]
async fn a_subject_may_be_wrong_in_several_ways_at_once() {
    let desk = Desk::new().await;
    let subject = format!("\"{}\\u0000\\ud800\"", "a".repeat(500));
    let answer = post_raw(&desk.client, CREATE, desk.ticket_fields().raw_json("subject", &subject)).await;
    answer.assert_invalid(&json!({ "subject": [
        "Ensure this field has no more than 500 characters.",
        "Null characters are not allowed.",
        "Surrogate characters are not allowed: U+D800.",
    ] }));
}

#[tokio::test]
async fn a_pair_of_surrogates_is_a_character() {
    let desk = Desk::new().await;
    let answer = post_raw(&desk.client, CREATE, desk.ticket_fields().raw_json("subject", r#""\ud83e\udd80""#)).await;
    assert_eq!(desk.view(answer.ticket_id()).await["ticket"]["subject"], "🦀");
}

#[rstest]
#[case("subject")]
#[case("comment")]
#[tokio::test]
async fn a_text_is_refused_as_drf_refuses_it(#[case] field: &'static str) {
    let desk = Desk::new().await;
    Sent { client: &desk.client, path: CREATE, fields: desk.ticket_fields() }.has_text(field).await;
    assert_eq!(desk.tickets().await, 0);
}

#[tokio::test]
async fn a_priority_is_refused_as_drf_refuses_a_choice() {
    let desk = Desk::new().await;
    Sent { client: &desk.client, path: CREATE, fields: desk.ticket_fields() }.has_choice("priority").await;
    assert_eq!(desk.tickets().await, 0);
}

#[tokio::test]
async fn a_category_is_refused_as_drf_refuses_an_id() {
    let desk = Desk::new().await;
    let (globex, _) = desk.foreigner().await;
    let foreign = globex.category.to_string();
    Sent { client: &desk.client, path: CREATE, fields: desk.ticket_fields() }.has_id("category", &[&foreign]).await;
    assert_eq!(desk.tickets().await, 0);
}

#[tokio::test]
async fn a_category_is_taken_with_spaces_a_sign_and_leading_zeros() {
    let desk = Desk::new().await;
    let id = desk.acme.category;
    for given in [format!(" {id} "), format!("+{id}"), format!("000{id}"), format!("\u{a0}{id}\u{1f}")] {
        for encoding in Encoding::ALL {
            let fields = desk.ticket_fields().with("category", &given);
            let ticket = desk.client.post(CREATE, encoding, &fields.pairs()).await.ticket_id();
            assert_eq!(desk.view(ticket).await["ticket"]["category"], json!(id), "{given:?}");
            desk.close(ticket).await;
        }
    }
    for number in [id.to_string(), format!("{id}.0")] {
        let created = post_raw(&desk.client, CREATE, desk.ticket_fields().raw_json("category", &number)).await;
        assert_eq!(desk.view(created.ticket_id()).await["ticket"]["category"], json!(id), "{number}");
    }
}

#[tokio::test]
async fn a_category_that_is_no_longer_used_does_not_exist() {
    let desk = Desk::new().await;
    let (workspace, category) = (desk.acme.id, desk.acme.category);
    desk.app.write(move |tx| catalogue::set_category_active(tx, workspace, category, false)).await;
    let message = format!("Invalid pk \"{category}\" - object does not exist.");
    let form = Sent { client: &desk.client, path: CREATE, fields: desk.ticket_fields() };
    form.refuses("category", &category.to_string(), &message).await;
}

#[tokio::test]
async fn all_fields_that_fail_are_reported_at_once() {
    let desk = Desk::new().await;
    let required = json!(["This field is required."]);
    for encoding in Encoding::ALL {
        let nothing = desk.client.post(CREATE, encoding, &[]).await;
        let errors = json!({ "subject": required, "priority": required, "comment": required, "category": required });
        assert_refused(&nothing, "Validation Error", &errors, encoding);

        let wrong = [("subject", " "), ("priority", "9"), ("comment", ""), ("category", "x"), ("attachment", "text")];
        let errors = json!({
            "subject": ["This field may not be blank."],
            "priority": ["\"9\" is not a valid choice."],
            "comment": ["This field may not be blank."],
            "category": ["Incorrect type. Expected pk value, received str."],
            "attachment": ["The submitted data was not a file. Check the encoding type on the form."],
        });
        assert_refused(&desk.client.post(CREATE, encoding, &wrong).await, "Validation Error", &errors, encoding);
    }
}

#[tokio::test]
async fn no_body_at_all_is_an_empty_form() {
    let desk = Desk::new().await;
    let required = json!(["This field is required."]);
    let errors = json!({ "subject": required, "priority": required, "comment": required, "category": required });
    for content_type in [None, Some("application/json"), Some("text/plain")] {
        desk.client.send(http::Method::POST, CREATE, content_type, "").await.assert_invalid(&errors);
    }
}

#[tokio::test]
async fn unknown_fields_are_ignored_and_of_repeated_ones_the_last_wins() {
    let desk = Desk::new().await;
    for encoding in [Encoding::Multipart, Encoding::Urlencoded] {
        let fields = desk.ticket_fields().with("status", "3").with("id", "77").and("subject", "The last");
        let id = desk.client.post(CREATE, encoding, &fields.pairs()).await.ticket_id();
        let ticket = &desk.view(id).await["ticket"];
        assert_eq!((&ticket["subject"], &ticket["status"]), (&json!("The last"), &json!("1")), "{encoding:?}");
    }
    let raw = desk.ticket_fields().raw_json("subject", r#""first","other":null,"subject":"The last""#);
    let id = post_raw(&desk.client, CREATE, raw).await.ticket_id();
    assert_eq!(desk.view(id).await["ticket"]["subject"], "The last");
}
