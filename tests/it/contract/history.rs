//! 3 · `GET support/get/ticket/history/`: whose tickets, which of them, and what is said of each.

use axum::body::Body;
use ferrodesk::app::manage::catalogue;
use ferrodesk::domain::user::Role;
use ferrodesk::domain::{CategoryId, Clock as _};
use http::Method;
use serde_json::json;

use crate::support::history::{HISTORY, list, listed, ready, subjects};
use crate::support::{Encoding, TestApp, TestWorkspace};

async fn add_category(app: &TestApp, workspace: &TestWorkspace, name: &'static str) -> CategoryId {
    let (id, at) = (workspace.id, app.clock.now());
    app.write(move |tx| catalogue::add_category(tx, id, name, "", at)).await
}

#[tokio::test]
async fn the_tickets_come_newest_first_as_the_reference_shows() {
    let (app, acme, _, client) = ready().await;
    let technical = add_category(&app, &acme, "Technical \"help\"").await;
    let fields = json!({ "subject": "Größe?", "priority": 3, "comment": "a\nb", "category": acme.category });
    let first = client.post_json("/support/create/ticket/", &fields).await.ticket_id();
    let fields = json!({ "subject": "Second", "priority": "1", "comment": "<b>", "category": technical });
    let second = client.post_json("/support/create/ticket/", &fields).await.ticket_id();
    client.post_json("/support/ticket/status/", &json!({ "ticket": first, "status": "3" })).await.data();
    // A category that is no longer offered keeps its name on the tickets that are in it.
    let workspace = acme.id;
    app.write(move |tx| catalogue::set_category_active(tx, workspace, technical, false)).await;
    let expected = json!({
        "status_code": 200,
        "errors": {},
        "data": {
            "TicketList": [
                {
                    "id": second, "subject": "Second", "priority": "1", "category": technical,
                    "category_title": "Technical \"help\"", "comment": "<b>", "status": "1",
                },
                {
                    "id": first, "subject": "Größe?", "priority": "3", "category": acme.category,
                    "category_title": "Billing", "comment": "a\nb", "status": "3",
                },
            ]
        }
    });
    let answer = client.get(HISTORY).await;
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("link"), "");
}

#[tokio::test]
async fn nobody_sees_tickets_but_their_own() {
    let (app, acme, _, ann) = ready().await;
    let globex = app.workspace("Globex").await;
    let others = [
        (&acme, app.user(&acme, "bob@customer.example", Role::Customer).await),
        (&acme, app.user(&acme, "agent@acme.example", Role::Agent).await),
        (&globex, app.user(&globex, "ann@customer.example", Role::Customer).await),
    ];
    ann.open_called(acme.category, "Ann's").await;
    for (workspace, other) in &others {
        let client = app.client(workspace, other);
        assert_eq!(client.get(HISTORY).await.data(), json!({ "TicketList": [] }), "{}", other.email);
        client.open_called(workspace.category, &other.email).await;
        assert_eq!(subjects(&client, &[]).await, [json!(other.email)]);
    }
    assert_eq!(subjects(&ann, &[]).await, ["Ann's"]);
    assert_eq!(subjects(&ann, &[("subject", "o")]).await, [""; 0]);
}

#[tokio::test]
async fn every_bad_parameter_is_named_in_its_own_words() {
    let (_, _, _, client) = ready().await;
    let integer = "A valid integer is required.";
    for bad in ["x", "1.5", "1e3", "-", "0x10", "1 0", "1,000", "ten"] {
        let answer = list(&client, &[("limit", bad), ("offset", bad)]).await;
        answer.assert_invalid(&json!({ "limit": [integer], "offset": [integer] }));
    }
    for bad in ["0", "-1", "-99999999999999999999999"] {
        let answer = list(&client, &[("limit", bad)]).await;
        answer.assert_invalid(&json!({ "limit": ["Ensure this value is greater than or equal to 1."] }));
    }
    for bad in ["-1", "-99999999999999999999999"] {
        let answer = list(&client, &[("offset", bad)]).await;
        answer.assert_invalid(&json!({ "offset": ["Ensure this value is greater than or equal to 0."] }));
    }
    for bad in ["x", "1x", "1.0", "-", "one", "%"] {
        let answer = list(&client, &[("category", bad), ("status", bad)]).await;
        answer.assert_invalid(&json!({
            "category": ["Catogory id is not valid numeric"], "status": ["Status id is not valid numeric"],
        }));
    }
    let all = [("category", "a"), ("status", "b"), ("limit", "0"), ("offset", "c"), ("cursor", "d")];
    let answer = list(&client, &all).await;
    let errors = answer.json()["errors"].clone();
    assert_eq!(errors.as_object().expect("an object").len(), 5, "{errors}");
}

#[tokio::test]
async fn subject_is_a_case_insensitive_contains() {
    let (_, acme, _, client) = ready().await;
    let all = ["Straße gesperrt", "ΣΊΣΥΦΟΣ", "Rechnung MAI", "İstanbul", "ǅ", "ﬁle lost"];
    for subject in all {
        client.open_called(acme.category, subject).await;
    }
    for (part, found) in [
        ("STRASSE", "Straße gesperrt"),
        ("straße", "Straße gesperrt"),
        ("SSE GES", "Straße gesperrt"),
        ("STRAẞE", "Straße gesperrt"),
        ("σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("ΣΊΣΥΦΟΣ", "ΣΊΣΥΦΟΣ"),
        ("rechnung", "Rechnung MAI"),
        ("G mai", "Rechnung MAI"),
        ("i\u{307}STAN", "İstanbul"),
        ("ǆ", "ǅ"),
        ("FILE", "ﬁle lost"),
    ] {
        assert_eq!(subjects(&client, &[("subject", part)]).await, [found], "{part}");
    }
    for part in ["strase", "x", "mai rechnung", "Rechnung  MAI", "\0", &*"e".repeat(60_000)] {
        assert_eq!(subjects(&client, &[("subject", part)]).await, [""; 0], "{part:.20}");
    }
    for blank in ["", " ", "\u{1f}\u{a0}"] {
        assert_eq!(subjects(&client, &[("subject", blank)]).await.len(), all.len());
    }
}

#[tokio::test]
async fn nothing_in_a_subject_is_a_wildcard() {
    let (_, acme, _, client) = ready().await;
    let all = ["100 % sure", "snake_case", "wow!", "C:\\temp", "plain", "it's \"quoted\"", "[a-z]*?"];
    for subject in all {
        client.open_called(acme.category, subject).await;
    }
    for (part, found) in [
        ("%", "100 % sure"),
        ("0 % s", "100 % sure"),
        ("_", "snake_case"),
        ("e_c", "snake_case"),
        ("!", "wow!"),
        ("w!", "wow!"),
        ("\\", "C:\\temp"),
        (":\\t", "C:\\temp"),
        ("'", "it's \"quoted\""),
        ("\"", "it's \"quoted\""),
        ("[a-z]", "[a-z]*?"),
        ("*", "[a-z]*?"),
        ("?", "[a-z]*?"),
    ] {
        assert_eq!(subjects(&client, &[("subject", part)]).await, [found], "{part}");
    }
    for part in ["p%n", "pl_in", "!%", "!_", "%%", "\\%", "__"] {
        assert_eq!(subjects(&client, &[("subject", part)]).await, [""; 0], "{part}");
    }
}

#[tokio::test]
async fn category_and_status_filter_by_id_and_an_unknown_number_finds_nothing() {
    let (app, acme, _, client) = ready().await;
    let other = add_category(&app, &acme, "Other").await;
    let globex = app.workspace("Globex").await;
    let a = client.open_called(acme.category, "a").await;
    client.open_called(other, "b").await;
    client.open_called(acme.category, "c").await;
    client.post_json("/support/ticket/status/", &json!({ "ticket": a, "status": "3" })).await.data();
    let (billing, others) = (acme.category.to_string(), format!(" 00{other} "));
    assert_eq!(subjects(&client, &[("category", &billing)]).await, ["c", "a"]);
    assert_eq!(subjects(&client, &[("category", &others)]).await, ["b"]);
    assert_eq!(subjects(&client, &[("status", "1")]).await, ["c", "b"]);
    assert_eq!(subjects(&client, &[("status", "3")]).await, ["a"]);
    assert_eq!(subjects(&client, &[("status", "2")]).await, [""; 0]);
    assert_eq!(subjects(&client, &[("status", "1"), ("category", &billing)]).await, ["c"]);
    assert_eq!(subjects(&client, &[("status", "1"), ("category", &billing), ("subject", "A")]).await, [""; 0]);
    assert_eq!(subjects(&client, &[("status", " "), ("category", ""), ("subject", "")]).await, ["c", "b", "a"]);
    let huge = "9".repeat(400);
    for number in ["0", "4", "999", "9223372036854775807", "9223372036854775808", &huge] {
        assert_eq!(subjects(&client, &[("status", number)]).await, [""; 0], "{number:.30}");
        assert_eq!(subjects(&client, &[("category", &format!("{number}00"))]).await, [""; 0], "{number:.30}");
    }
    assert_eq!(subjects(&client, &[("category", &globex.category.to_string())]).await, [""; 0]);
}

#[tokio::test]
async fn parameters_are_read_from_a_body_too() {
    let (_, acme, _, client) = ready().await;
    for subject in ["apple", "banana", "cherry"] {
        client.open_called(acme.category, subject).await;
    }
    let get = async |path: &str, encoding, fields: &[(&str, &str)]| {
        client.send_fields(Method::GET, path, encoding, fields).await
    };
    for encoding in Encoding::ALL {
        assert_eq!(listed(&get(HISTORY, encoding, &[("subject", "AN")]).await), ["banana"]);
        let page = [("limit", "1"), ("offset", "1"), ("subject", "")];
        assert_eq!(listed(&get(HISTORY, encoding, &page).await), ["banana"], "{encoding:?}");
        // The query string has the last word.
        let path = format!("{HISTORY}?subject=app");
        assert_eq!(listed(&get(&path, encoding, &[("subject", "cherry")]).await), ["apple"]);
        let bad = get(HISTORY, encoding, &[("status", "x")]).await;
        bad.assert_invalid(&json!({ "status": ["Status id is not valid numeric"] }));
        // As the samples send it.
        assert_eq!(listed(&get(HISTORY, encoding, &[]).await).len(), 3, "{encoding:?}");
    }
    let numbers = json!({ "limit": 1, "status": 1, "offset": null, "category": acme.category }).to_string();
    let answer = client.send(Method::GET, HISTORY, Some("application/json"), numbers).await;
    assert_eq!(listed(&answer), ["cherry"]);
    let broken = client.send(Method::GET, HISTORY, Some("application/json"), "{").await;
    assert_eq!((broken.status.as_u16(), &broken.json()["error_type"]), (400, &json!("Parse Error")));
    let empty = client.send(Method::GET, HISTORY, Some("multipart/form-data; boundary=x"), Body::empty()).await;
    assert_eq!(listed(&empty).len(), 3);
}
