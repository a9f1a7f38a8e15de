//! 9 · `POST support/ticket/status/`

use ferrodesk::domain::conversation::Visibility;
use rstest::rstest;
use serde_json::{Value, json};

use super::bad_values::{Sent, done};
use crate::support::{Desk, Encoding, Fields, STATUS, assert_refused, open, post_raw};

const REQUIRED: &str = "Ticket id is required and this may not be blank.";
const NOT_VALID: &str = "Ticket id is not valid";
const CANNOT: &str = "You Can't open or close this Ticket";
const STATUS_REQUIRED: &str = "Status id is required and this may not be blank.";

/// The fields of a change that is right.
fn fields(ticket: i64, status: &str) -> Fields {
    Fields::new(&[("ticket", &ticket.to_string()), ("status", status)])
}

/// A ticket of Ann's in the given status.
async fn ticket_in(desk: &Desk, status: &str) -> i64 {
    let ticket = desk.ticket().await;
    match status {
        "1" => {}
        "2" => {
            let agent = desk.agent().await;
            desk.answer(agent, ticket, Visibility::Public, None).await;
        }
        _ => desk.close(ticket).await,
    }
    assert_eq!(desk.status(ticket).await, status);
    ticket
}

#[rstest]
#[case::an_open_ticket_closes("1", "3", "3")]
#[case::a_processing_ticket_closes("2", "3", "3")]
#[case::a_closed_ticket_is_processing_again("3", "2", "2")]
#[tokio::test]
async fn the_status_changes(#[case] before: &str, #[case] asked: &str, #[case] after: &str) {
    let desk = Desk::new().await;
    let ticket = ticket_in(&desk, before).await;
    let recorded = desk.events(ticket).await.len();
    let answer = desk.client.post_json(STATUS, &fields(ticket, asked).json()).await;
    assert_eq!(answer.json(), done());
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    assert_eq!(desk.status(ticket).await, after);
    let (before, after) = (json!({ "status": before }), json!({ "status": after }));
    let expected = ("ticket.status_changed".to_owned(), desk.ann.requester.user.0, before, after);
    assert_eq!(desk.events(ticket).await[recorded..], [expected]);
}

#[tokio::test]
async fn a_ticket_is_closed_and_opened_again_in_each_kind_of_body() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    for encoding in Encoding::ALL {
        for status in ["3", "2"] {
            let answer = desk.client.post(STATUS, encoding, &fields(ticket, status).pairs()).await;
            assert_eq!(answer.json(), done(), "{encoding:?}");
            assert_eq!(desk.status(ticket).await, status);
        }
    }
    for status in [3, 2] {
        let answer = desk.client.post_json(STATUS, &json!({ "ticket": ticket, "status": status })).await;
        assert_eq!(answer.json(), done(), "a number counts as its text");
        assert_eq!(desk.status(ticket).await, status.to_string());
    }
}

#[rstest]
#[case("3", "3", "Ticket is already closed")]
#[case("2", "2", "Ticket is already processing")]
#[case("1", "2", "Ticket is already open")]
#[tokio::test]
async fn what_is_so_already_is_refused(#[case] now: &str, #[case] asked: &str, #[case] message: &str) {
    let desk = Desk::new().await;
    let ticket = ticket_in(&desk, now).await;
    let recorded = desk.events(ticket).await;
    for encoding in Encoding::ALL {
        let answer = desk.client.post(STATUS, encoding, &fields(ticket, asked).pairs()).await;
        assert_refused(&answer, "Validation Error", &json!({ "ticket": [message] }), encoding);
    }
    assert_eq!(desk.status(ticket).await, now);
    assert_eq!(desk.events(ticket).await, recorded);
}

#[rstest]
#[case("1", "3")]
#[case("2", "3")]
#[case("3", "2")]
#[case("3", "3")]
#[case("1", "2")]
#[tokio::test]
async fn anothers_ticket_cannot_be_opened_or_closed(#[case] now: &str, #[case] asked: &str) {
    let desk = Desk::new().await;
    let ticket = ticket_in(&desk, now).await;
    let bob = desk.bob().await;
    for encoding in Encoding::ALL {
        let answer = bob.post(STATUS, encoding, &fields(ticket, asked).pairs()).await;
        assert_refused(&answer, "Validation Error", &json!({ "ticket": [CANNOT] }), encoding);
    }
    assert_eq!(desk.status(ticket).await, now);
}

#[rstest]
#[case("1", "3")]
#[case("2", "3")]
#[case("3", "2")]
#[case("3", "3")]
#[tokio::test]
async fn a_locked_ticket_cannot_be_opened_or_closed_until_it_is_unlocked(#[case] now: &str, #[case] asked: &str) {
    let desk = Desk::new().await;
    let ticket = ticket_in(&desk, now).await;
    let staff = desk.app.user(&desk.acme, "boss@acme.example", ferrodesk::domain::user::Role::Admin).await.requester;
    desk.lock(staff, ticket, true).await;
    for encoding in Encoding::ALL {
        let answer = desk.client.post(STATUS, encoding, &fields(ticket, asked).pairs()).await;
        assert_refused(&answer, "Validation Error", &json!({ "ticket": [CANNOT] }), encoding);
    }
    assert_eq!(desk.status(ticket).await, now);
    let locked =
        ("ticket.lock_changed".to_owned(), staff.user.0, json!({ "locked": false }), json!({ "locked": true }));
    assert_eq!(desk.events(ticket).await.last(), Some(&locked));
    desk.lock(staff, ticket, false).await;
    let other = if now == "3" { "2" } else { "3" };
    assert_eq!(desk.client.post_json(STATUS, &fields(ticket, other).json()).await.json(), done());
}

#[tokio::test]
async fn a_ticket_that_is_missing_or_blank_is_required() {
    let desk = Desk::new().await;
    let form = Sent { client: &desk.client, path: STATUS, fields: fields(desk.ticket().await, "3") };
    form.requires("ticket", REQUIRED).await;
    for given in ["", " ", "\u{3000}\t", "\u{1c}\u{1f}"] {
        form.refuses("ticket", given, REQUIRED).await;
    }
    form.refuses_json("ticket", "null", REQUIRED).await;
}

#[tokio::test]
async fn a_ticket_that_names_nothing_here_is_not_valid() {
    let desk = Desk::new().await;
    let (globex, gil) = desk.foreigner().await;
    let foreign = open(&gil, &globex).await.to_string();
    let form = Sent { client: &desk.client, path: STATUS, fields: fields(desk.ticket().await, "3") };
    let huge = "9".repeat(60);
    for given in ["abc", "99", "0", "-1", "+1", "1.0", "1e0", "\u{661}", "9223372036854775808", &huge, &foreign] {
        form.refuses("ticket", given, NOT_VALID).await;
    }
    for raw in ["99", "-1", "1.0", "true", "false", "[]", "[1]", "{}", r#""\ud800""#, &huge, &foreign] {
        form.refuses_json("ticket", raw, NOT_VALID).await;
    }
}

#[tokio::test]
async fn a_ticket_is_decimal_digits_trimmed() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let given = [ticket.to_string(), format!(" {ticket}\n"), format!("000{ticket}"), format!("\u{a0}{ticket}\u{1f}")];
    for (round, given) in given.iter().enumerate() {
        let status = ["3", "2"][round % 2];
        let answer = desk.client.post_json(STATUS, &json!({ "ticket": given, "status": status })).await;
        assert_eq!(answer.json(), done(), "{given:?}");
        assert_eq!(desk.status(ticket).await, status);
    }
}

#[tokio::test]
async fn a_status_that_is_missing_or_blank_is_required() {
    let desk = Desk::new().await;
    let form = Sent { client: &desk.client, path: STATUS, fields: fields(desk.ticket().await, "3") };
    form.requires("status", STATUS_REQUIRED).await;
    form.refuses("status", "", STATUS_REQUIRED).await;
    form.refuses_json("status", "null", STATUS_REQUIRED).await;
}

#[tokio::test]
async fn a_status_is_2_or_3_and_nothing_else() {
    let desk = Desk::new().await;
    let form = Sent { client: &desk.client, path: STATUS, fields: fields(desk.ticket().await, "3") };
    for given in ["0", "1", "4", "7", " 3", "3 ", "03", "+3", "Closed", "\u{663}"] {
        form.refuses("status", given, &format!("\"{given}\" is not a valid choice.")).await;
    }
    for (raw, echo) in [("1", "1"), ("7", "7"), ("3.0", "3.0"), ("true", "True"), ("[]", "[]"), ("{}", "{}")] {
        form.refuses_json("status", raw, &format!("\"{echo}\" is not a valid choice.")).await;
    }
}

#[tokio::test]
async fn the_errors_of_ticket_and_status_come_together() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let bob = desk.bob().await;
    let choice = "\"7\" is not a valid choice.";
    for encoding in Encoding::ALL {
        let answer = desk.client.post(STATUS, encoding, &[]).await;
        let errors = json!({ "ticket": [REQUIRED], "status": [STATUS_REQUIRED] });
        assert_refused(&answer, "Validation Error", &errors, encoding);
        let answer = desk.client.post(STATUS, encoding, &[("ticket", "99"), ("status", "7")]).await;
        assert_refused(&answer, "Validation Error", &json!({ "ticket": [NOT_VALID], "status": [choice] }), encoding);
        let answer = bob.post(STATUS, encoding, &fields(ticket, "7").pairs()).await;
        assert_refused(&answer, "Validation Error", &json!({ "ticket": [CANNOT], "status": [choice] }), encoding);
    }
}

#[tokio::test]
async fn a_refused_change_leaves_nothing_behind() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let raw = fields(ticket, "3").raw_json("status", "1");
    assert_eq!(post_raw(&desk.client, STATUS, raw).await.status, 400);
    let opened: Vec<(String, Value)> = desk.events(ticket).await.into_iter().map(|e| (e.0, e.2)).collect();
    assert_eq!(opened, [("ticket.opened".to_owned(), Value::Null)]);
}
