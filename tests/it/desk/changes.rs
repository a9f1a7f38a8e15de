//! `PATCH /desk/tickets/{id}`

use ferrodesk::domain::user::Role;
use rstest::rstest;
use serde_json::{Value, json};

use super::home::{Home, assert_fields, assert_problem, change_by, ok};
use crate::support::{CONVERSATION, STATUS};

/// What happened to a ticket after it was opened: kind, before, after.
fn happened(page: &Value) -> Vec<(String, Value, Value)> {
    let events = page["history"].as_array().expect("a list");
    let told = |event: &Value| {
        (event["kind"].as_str().expect("text").to_owned(), event["before"].clone(), event["after"].clone())
    };
    events.iter().skip(1).map(told).collect()
}

#[rstest]
#[case::subject("subject", json!("  A better one "), json!("A better one"), "ticket.subject_changed")]
#[case::status("status", json!("closed"), json!("closed"), "ticket.status_changed")]
#[case::priority("priority", json!("high"), json!("high"), "ticket.priority_changed")]
#[case::lock("locked", json!(true), json!(true), "ticket.lock_changed")]
#[case::snooze("snoozed_until", json!("2999-01-02T03:04:05+01:00"), json!("2999-01-02T02:04:05Z"), "ticket.snooze_changed")]
#[tokio::test]
async fn a_field_changes_and_is_recorded(
    #[case] field: &str,
    #[case] given: Value,
    #[case] shown: Value,
    #[case] kind: &str,
) {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let before = home.read(ticket).await;
    let answer = home.change(ticket, &json!({ field: given })).await;
    let after = ok(&answer);
    assert_eq!(after[field], shown);
    assert_eq!(answer.header("etag"), format!("\"{}\"", after["version"]));
    let happened = happened(&after);
    assert_eq!(happened.len(), 1, "{happened:?}");
    assert_eq!(happened[0].0, kind);
    for (name, value) in before.as_object().expect("an object") {
        if ![field, "version", "unread", "updated_at", "history"].contains(&name.as_str()) {
            assert_eq!(&after[name], value, "{name}");
        }
    }
    // The same again is nothing new.
    assert_eq!(ok(&home.change(ticket, &json!({ field: given })).await), after);
    assert_eq!(home.read(ticket).await, after);
}

#[tokio::test]
async fn category_tags_team_and_assignee_change_together() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let team = home.team("Billing", &[]).await;
    let gus = home.gus.requester.user.0;
    let change = json!({ "tags": [home.desk.acme.tag, home.desk.acme.tag], "team": team, "assignee": gus });
    let page = ok(&home.change(ticket, &change).await);
    assert_eq!(page["tags"], json!([home.desk.acme.tag]));
    assert_eq!((&page["team"], &page["assignee"]), (&json!(team), &json!(gus)));
    assert_eq!(page["status"], "processing", "who takes an open ticket starts work on it");
    let expected = [
        ("ticket.tags_changed", json!({ "tags": [] }), json!({ "tags": [home.desk.acme.tag] })),
        ("ticket.status_changed", json!({ "status": "1" }), json!({ "status": "2" })),
        ("ticket.assignee_changed", json!({ "assignee": null }), json!({ "assignee": gus })),
        ("ticket.team_changed", json!({ "team": null }), json!({ "team": team })),
    ];
    assert_eq!(happened(&page), expected.map(|(kind, before, after)| (kind.to_owned(), before, after)));
    let page = ok(&home.change(ticket, &json!({ "assignee": null, "team": null, "tags": [] })).await);
    assert_eq!((&page["team"], &page["assignee"], &page["tags"]), (&json!(null), &json!(null), &json!([])));
}

#[tokio::test]
async fn what_names_nothing_in_use_is_refused_all_at_once() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let (globex, _) = home.desk.foreigner().await;
    let (reader, _) = home.hire("rea@acme.example", Role::ReadOnly).await;
    let change = json!({ "category": globex.category, "tags": [globex.tag], "assignee": reader.requester.user, "team": 77,
        "snoozed_until": "2001-01-01T00:00:00Z" });
    let nothing = |id: &dyn std::fmt::Display| format!("There is none with the id {id}, or it is not in use any more.");
    let expected = [
        ("category", nothing(&globex.category)),
        ("tags", nothing(&globex.tag)),
        ("assignee", nothing(&reader.requester.user)),
        ("team", nothing(&77)),
        ("snoozed_until", "It must be in the future.".to_owned()),
    ];
    let before = home.read(ticket).await;
    let expected: Vec<(&str, &str)> = expected.iter().map(|(field, detail)| (*field, detail.as_str())).collect();
    assert_fields(&home.change(ticket, &change).await, &expected);
    assert_eq!(home.read(ticket).await, before);
}

#[rstest]
#[case::unknown_field(r#"{"colour":"red"}"#, "colour", "Unknown field `colour`, expected one of")]
#[case::wrong_word(r#"{"status":"done"}"#, "status", "It must be one of open, processing, closed.")]
#[case::wrong_type(r#"{"category":"1"}"#, "category", "Expected i64.")]
#[case::no_time(r#"{"snoozed_until":"tomorrow"}"#, "snoozed_until", "It must be a time such as")]
#[case::blank(r#"{"subject":"  "}"#, "subject", "It may not be blank.")]
#[case::nul(r#"{"subject":"a\u0000"}"#, "subject", "Null characters are not allowed.")]
#[case::too_many_tags(&format!("{{\"tags\":{:?}}}", [1; 101]), "tags", "A ticket has 100 tags at the most.")]
#[tokio::test]
async fn a_field_that_does_not_hold_what_it_must_is_named(
    #[case] body: &str,
    #[case] field: &str,
    #[case] sentence: &str,
) {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let path = format!("/desk/tickets/{ticket}");
    let answer = home.agent.send(http::Method::PATCH, &path, Some("application/json"), body.to_owned()).await;
    let problem = answer.json();
    assert_eq!(answer.status.as_u16(), 400, "{problem}");
    assert_eq!(problem["errors"][0]["field"], field);
    assert!(problem["errors"][0]["detail"].as_str().expect("a sentence").starts_with(sentence), "{problem}");
}

#[rstest]
#[case::broken(r#"{"status":"#, 400, "parse-error")]
#[case::two_values("{} {}", 400, "parse-error")]
#[case::a_list("[]", 400, "validation-error")]
#[tokio::test]
async fn a_body_that_is_no_set_of_fields_is_refused(#[case] body: &str, #[case] status: u16, #[case] kind: &str) {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let path = format!("/desk/tickets/{ticket}");
    let answer = home.agent.send(http::Method::PATCH, &path, Some("application/json"), body.to_owned()).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["type"]),
        (status, &json!(format!("urn:ferrodesk:problem:{kind}")))
    );
    let answer = home.agent.send(http::Method::PATCH, &path, Some("text/plain"), "x").await;
    assert_problem(&answer, 415, "unsupported-media-type", "Unsupported media type \"text/plain\" in request.");
}

#[tokio::test]
async fn a_change_to_what_was_seen_before_is_refused() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let seen = home.agent.get(&format!("/desk/tickets/{ticket}")).await;
    ok(&home.change(ticket, &json!({ "priority": "high" })).await);
    let late = home.agent.clone().header("if-match", seen.header("etag"));
    let refused = change_by(&late, ticket, &json!({ "priority": "low" })).await;
    assert_problem(&refused, 412, "precondition-failed", "This was changed since you read it.");
    let now = home.agent.get(&format!("/desk/tickets/{ticket}")).await;
    for tag in [now.header("etag"), "*"] {
        let agent = home.agent.clone().header("if-match", tag);
        assert_eq!(change_by(&agent, ticket, &json!({ "locked": tag == "*" })).await.status.as_u16(), 200, "{tag}");
    }
    for tag in ["W/\"1\"", "1", "\"x\"", "\"1\", \"2\""] {
        let agent = home.agent.clone().header("if-match", tag);
        assert_eq!(change_by(&agent, ticket, &json!({ "locked": true })).await.status.as_u16(), 412, "{tag}");
    }
}

#[tokio::test]
async fn a_repeated_change_has_one_effect_and_one_answer() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let once = home.agent.clone().header("idempotency-key", "k1");
    let first = change_by(&once, ticket, &json!({ "priority": "high" })).await;
    ok(&home.change(ticket, &json!({ "priority": "low" })).await);
    let second = change_by(&once, ticket, &json!({ "priority": "high" })).await;
    assert_eq!((second.status, second.body), (first.status, first.body));
    assert_eq!(home.read(ticket).await["priority"], "low");
}

#[tokio::test]
async fn the_requester_sees_the_status_and_staff_who_lock_it_keep_it() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    ok(&home.change(ticket, &json!({ "status": "closed", "locked": true })).await);
    assert_eq!(home.desk.status(ticket).await, "3");
    let reopen = json!({ "ticket": ticket, "status": "2" });
    assert_eq!(home.desk.client.post_json(STATUS, &reopen).await.status.as_u16(), 400);
    ok(&home.change(ticket, &json!({ "locked": false })).await);
    assert_eq!(home.desk.client.post_json(STATUS, &reopen).await.status.as_u16(), 200);
    assert_eq!(home.read(ticket).await["status"], "processing");
}

#[tokio::test]
async fn a_snoozed_ticket_comes_back_when_its_requester_replies() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    ok(&home.change(ticket, &json!({ "snoozed_until": "2999-01-01T00:00:00Z" })).await);
    let listed = async |query: &str| {
        let list = ok(&home.agent.get(&format!("/desk/tickets?{query}")).await);
        list["tickets"].as_array().expect("a list").len()
    };
    assert_eq!((listed("").await, listed("snoozed=only").await, listed("snoozed=included").await), (0, 1, 1));
    let reply = json!({ "ticket": ticket, "comment": "And?" });
    home.desk.client.post_json(CONVERSATION, &reply).await.data();
    let page = home.read(ticket).await;
    assert_eq!(page["snoozed_until"], json!(null));
    assert_eq!(happened(&page).last().expect("an event").0, "ticket.snooze_changed");
    assert_eq!((listed("").await, listed("snoozed=only").await), (1, 0));
}
