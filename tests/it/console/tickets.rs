//! Tickets in the console, over HTTP.

use ferrodesk::domain::conversation::Visibility;
use ferrodesk::domain::ticket::Held;
use ferrodesk::domain::user::Role;
use http::{StatusCode, header};
use serde_json::json;

use super::{agent, leads_to, page, post, signed_in, text};
use crate::support::{Answer, Desk, Part};

#[tokio::test]
async fn who_may_only_read_is_offered_nothing_else() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let ro = desk.app.user(&desk.acme, "ro@acme.example", Role::ReadOnly).await;
    let client = signed_in(&desk, &ro).await;
    let html = text(&page(&client, &format!("/desk/tickets/{ticket}")).await);
    assert!(html.contains("lets you read this ticket") && !html.contains("<textarea"), "{html}");
    for action in ["answer", "change"] {
        let fields = [("comment", "Hello"), ("status", "closed")];
        let answer = post(&client, &format!("/desk/tickets/{ticket}/{action}"), &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{action}");
    }
    assert_eq!(desk.status(ticket).await, "1");
}

#[tokio::test]
async fn out_of_reach_is_not_there() {
    let desk = Desk::new().await;
    let (ticket, file) = desk.file("a.txt", b"words").await;
    let tess = desk.app.user(&desk.acme, "tess@acme.example", Role::TeamAgent).await;
    let (globex, _) = desk.foreigner().await;
    let gus = desk.app.user(&globex, "gus@globex.example", Role::Admin).await;
    let stranger = desk.app.stranger();
    let fields = [("workspace", "Acme"), ("email", &*tess.email), ("password", crate::support::PASSWORD)];
    let tess = super::with_cookie(&stranger, &post(&stranger, "/desk/sign-in", &fields).await);
    let fields = [("workspace", "Globex"), ("email", &*gus.email), ("password", crate::support::PASSWORD)];
    let gus = super::with_cookie(&stranger, &post(&stranger, "/desk/sign-in", &fields).await);
    for client in [tess, gus] {
        for path in [
            format!("/desk/tickets/{ticket}"),
            format!("/desk/attachments/{file}"),
            format!("/desk/attachments/{file}/picture"),
        ] {
            assert_eq!(page(&client, &path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        // Each answer has a number of its own at its end.
        let said = |answer: &Answer| text(answer).split("Reference:").next().map(str::to_owned);
        for (action, fields) in [
            ("answer", &[("kind", "reply"), ("key", "k"), ("comment", "Hello")][..]),
            ("change", &[("status", "closed")]),
            ("merge", &[("into", "1")]),
            ("presence", &[]),
        ] {
            let tried = async |ticket: i64| {
                let answer = post(&client, &format!("/desk/tickets/{ticket}/{action}"), fields).await;
                (answer.status, said(&answer))
            };
            let foreign = tried(ticket).await;
            assert!(foreign.0.is_client_error(), "{action}: {foreign:?}");
            assert_eq!(foreign, tried(999_999).await, "{action}");
        }
        let closed = async |ticket: i64| {
            let fields = [("ticket", &*ticket.to_string()), ("status", "closed")];
            let answer = post(&client, "/desk/tickets/bulk", &fields).await;
            (answer.status, said(&answer))
        };
        assert_eq!(closed(ticket).await, closed(999_999).await);
        let html = text(&page(&client, "/desk/tickets?view=all").await);
        assert!(html.contains("No tickets yet"), "{html}");
    }
    assert_eq!((desk.status(ticket).await, desk.view(ticket).await["conversations"].clone()), ("1".into(), json!([])));
}

/// The key that the composer on a page is sent with.
fn key(html: &str) -> String {
    let composer = html.split_once("class=\"composer\"").expect("a composer").1;
    let key = composer.split_once("name=\"key\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
    key.expect("a key").0.to_owned()
}

#[tokio::test]
async fn an_answer_that_is_sent_twice_is_said_once() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let client = agent(&desk).await;
    let path = format!("/desk/tickets/{ticket}");
    let first_key = key(&text(&page(&client, &path).await));
    let send = async |key: &str, comment: &str| {
        post(&client, &format!("{path}/answer"), &[("kind", "reply"), ("key", key), ("comment", comment)]).await
    };
    let (first, again) = tokio::join!(send(&first_key, "It is on its way."), send(&first_key, "It is on its way."));
    assert_eq!(leads_to(&first), leads_to(&again));

    // Something else in the same form was not meant to be the same: it comes back, to be sent once more.
    let other = send(&first_key, "It left today.").await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    let html = text(&other);
    assert!(html.contains("This form was sent before") && html.contains(">It left today.</textarea>"), "{html}");
    let second_key = key(&html);
    assert_ne!(second_key, first_key);
    leads_to(&send(&second_key, "It left today.").await);
    let said = desk.view(ticket).await["conversations"].clone();
    let said: Vec<_> = said.as_array().into_iter().flatten().map(|said| said["comment"].clone()).collect();
    assert_eq!(said, ["It is on its way.", "It left today."]);
}

#[tokio::test]
async fn an_answer_that_a_full_ticket_refuses_stays_in_the_composer() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let client = agent(&desk).await;
    desk.hold(ticket, Held::MAX_FOR_STAFF).await;
    let path = format!("/desk/tickets/{ticket}");
    let sent = key(&text(&page(&client, &path).await));
    let fields = [("kind", "note"), ("key", &*sent), ("comment", "Look at this")];
    let answer = post(&client, &format!("{path}/answer"), &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let html = text(&answer);
    assert!(html.contains(">Look at this</textarea>") && html.contains("ticket is full"), "{html}");
    assert_eq!(key(&html), sent, "nothing came of it, so that it may be sent again");
}

#[tokio::test]
async fn a_reply_with_a_file_reaches_the_customer_and_a_note_does_not() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let client = agent(&desk).await;
    let send = async |kind: &'static str, comment: &'static str, bytes: &'static [u8]| {
        let parts = [
            Part::Text("kind", kind),
            Part::Text("comment", comment),
            Part::Text("query", "view=all"),
            Part::File { field: "files", name: "a.txt", bytes },
        ];
        let client = client.clone().header("sec-fetch-site", "same-origin");
        client.post_parts(&format!("//desk/tickets/{ticket}/answer"), &parts).await
    };
    let place = format!("/desk/tickets/{ticket}?view=all#c");
    assert!(leads_to(&send("reply", "Here it is", b"words").await).starts_with(&place));
    assert!(leads_to(&send("note", "Among us", b"secrets").await).starts_with(&place));
    let view = desk.view(ticket).await.to_string();
    assert!(view.contains("Here it is") && !view.contains("Among us"), "{view}");

    let big = send("reply", "Too much", vec![b'x'; 2 * 1024 * 1024 + 1].leak()).await;
    assert_eq!(big.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&big).contains("larger than 2 MiB") && text(&big).contains("Too much</textarea>"));
    let blank = send("note", " ", b"x").await;
    assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&blank).contains("Write something first."));
}

#[tokio::test]
async fn files_are_downloaded_and_only_harmless_pictures_are_shown() {
    let desk = Desk::new().await;
    let png: &[u8] = include_bytes!("../browser/pixel.png");
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    let (_, picture) = desk.file("a.png", png).await;
    let (_, drawing) = desk.file("a.svg", svg).await;
    let client = agent(&desk).await;
    let shown = page(&client, &format!("/desk/attachments/{picture}/picture")).await;
    assert_eq!(shown.body, png);
    assert_eq!(shown.headers[header::CONTENT_TYPE], "image/png");
    assert_eq!(shown.headers[header::CONTENT_DISPOSITION], "inline");
    assert!(shown.headers[header::CONTENT_SECURITY_POLICY].to_str().expect("text").contains("sandbox"));
    assert_eq!(page(&client, &format!("/desk/attachments/{drawing}/picture")).await.status, StatusCode::NOT_FOUND);
    let file = page(&client, &format!("/desk/attachments/{drawing}")).await;
    assert_eq!(file.body, svg);
    assert!(file.headers[header::CONTENT_DISPOSITION].to_str().expect("text").starts_with("attachment"));
}

#[tokio::test]
async fn only_what_was_changed_on_the_page_is_changed() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let client = agent(&desk).await;
    let path = format!("/desk/tickets/{ticket}/change");
    post(&client, &path, &[("priority", "high"), ("was-priority", "medium")]).await;
    // Another page, which still shows the priority as it was, changes the status.
    let fields = [("status", "processing"), ("was-status", "open"), ("priority", "medium"), ("was-priority", "medium")];
    leads_to(&post(&client, &path, &fields).await);
    let kinds: Vec<String> = desk.events(ticket).await.into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["ticket.opened", "ticket.priority_changed", "ticket.status_changed"]);
    let nonsense = post(&client, &path, &[("status", "7"), ("assignee", "x")]).await;
    assert_eq!(nonsense.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&nonsense).contains("Status: This cannot be taken."), "{}", text(&nonsense));
}

#[tokio::test]
async fn hostile_text_is_shown_as_text() {
    let desk = Desk::new().await;
    let hana = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await;
    let payload = "\"><script>alert(1)</script><img src=x onerror=alert(1)>";
    let fields = desk.ticket_fields().with("subject", payload).with("comment", payload);
    let ticket = desk.client.post_json(crate::support::CREATE, &fields.json()).await.ticket_id();
    desk.answer(hana.requester, ticket, Visibility::Internal, None).await;
    let client = signed_in(&desk, &hana).await;
    for path in
        [format!("/desk/tickets/{ticket}?view=all&text=%22%3E%3Cscript%3E"), "/desk/tickets?view=all".to_owned()]
    {
        let html = text(&page(&client, &path).await);
        assert!(html.contains("alert(1)"), "{html}");
        assert!(!html.contains("<script>") && !html.contains("<img src=x"), "{html}");
    }
}
