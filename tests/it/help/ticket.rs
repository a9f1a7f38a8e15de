//! A ticket's page: what was said, and what its requester can do.

use std::time::Duration;

use ferrodesk::domain::TicketId;
use ferrodesk::domain::conversation::Visibility;
use ferrodesk::domain::ticket::Held;
use ferrodesk::domain::user::Role;
use http::StatusCode;
use rstest::rstest;
use serde_json::json;

use super::{ann, key, leads_to, page, post, post_parts, read, signed_in, text};
use crate::support::{Client, Desk, Part, download};

async fn shown(client: &Client, ticket: i64) -> String {
    let answer = page(client, &format!("/help/tickets/{ticket}")).await;
    assert_eq!(answer.status, StatusCode::OK);
    text(&answer)
}

async fn reply(client: &Client, ticket: i64, comment: &str) -> crate::support::Answer {
    let key = key(&shown(client, ticket).await);
    post(client, &format!("/help/tickets/{ticket}/reply"), &[("key", &*key), ("comment", comment)]).await
}

async fn ask(client: &Client, ticket: i64, status: &str) -> crate::support::Answer {
    post(client, &format!("/help/tickets/{ticket}/status"), &[("status", status)]).await
}

#[tokio::test]
async fn a_note_leaves_no_trace_for_the_requester() {
    let desk = Desk::new().await;
    let hana = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await.requester;
    let ticket = desk.ticket().await;
    desk.app.clock.advance(Duration::from_mins(10));
    let ann = ann(&desk).await;
    let seen = async || (read(&text(&page(&ann, "/help").await)), read(&shown(&ann, ticket).await));
    let before = seen().await;
    desk.answer(hana, ticket, Visibility::Internal, None).await;
    assert_eq!(seen().await, before);
}

#[tokio::test]
async fn the_conversation_is_in_order_with_who_said_it_and_without_notes() {
    let desk = Desk::new().await;
    let hana = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await.requester;
    let nameless = desk.app.user(&desk.acme, "nameless@acme.example", Role::Agent).await.requester;
    desk.name(hana, "Hana Sato").await;
    desk.name(desk.ann.requester, "Ann Ito").await;
    let ticket = desk.ticket_with(&[("a.txt", b"words")]).await;
    let later = || desk.app.clock.advance(Duration::from_mins(3));
    later();
    desk.answer(hana, ticket, Visibility::Public, None).await;
    later();
    let secret = desk.stored("salaries.txt", b"secret").await;
    let note = desk.answer(hana, ticket, Visibility::Internal, Some(secret)).await;
    later();
    reply(&ann(&desk).await, ticket, "Since **Monday**:\n\n<script>alert(1)</script>").await;
    later();
    let answer = desk.stored("fix.txt", b"how").await;
    desk.answer(nameless, ticket, Visibility::Public, Some(answer)).await;

    let ann = ann(&desk).await;
    let html = shown(&ann, ticket).await;
    let words = read(&html);
    let (_, said) = words.split_once("Processing\n").expect("the status");
    let (said, rest) = said.split_once("\nYour reply").expect("the composer");
    let expected = "AI Ann Ito You 12 min It is wrong Download a.txt5 B \
         HS Hana Sato Support 9 min We look into it \
         AI Ann Ito You 3 min Since Monday: &lt;script&gt;alert(1)&lt;/script&gt; \
         A Acme Support now We look into it Download fix.txt3 B";
    assert_eq!(said.split_whitespace().collect::<Vec<_>>().join(" "), expected, "{html}");
    assert!(rest.contains(&format!("Number\n#{ticket}\nCategory\nBilling\nPriority\nMedium\n")), "{rest}");
    for hidden in ["salaries", &format!("c{note}"), "nameless@", "hana@", "Internal"] {
        assert!(!html.contains(hidden), "{hidden}: {html}");
    }
    // The note's file is the second there is.
    let files = desk.view(ticket).await["attachments"].clone();
    let ids: Vec<i64> = files.as_array().expect("files").iter().filter_map(|file| file["id"].as_i64()).collect();
    let hidden = ids[0] + 1;
    assert!(!ids.contains(&hidden));
    for (id, status) in [(ids[0], StatusCode::OK), (ids[1], StatusCode::OK), (hidden, StatusCode::NOT_FOUND)] {
        assert_eq!(page(&ann, &format!("/help/attachments/{id}")).await.status, status);
    }
}

#[tokio::test]
async fn anothers_ticket_and_one_that_is_not_there_are_alike() {
    let desk = Desk::new().await;
    let (ticket, file) = desk.file("a.png", PIXEL).await;
    let bob = desk.app.user(&desk.acme, "bob@customer.example", Role::Customer).await;
    let (globex, _) = desk.foreigner().await;
    let gil = desk.app.user(&globex, "gil2@customer.example", Role::Customer).await;
    let stranger = desk.app.stranger();
    let fields = [("workspace", &*globex.name), ("email", &*gil.email), ("password", crate::support::PASSWORD)];
    let gil = super::with_cookie(&stranger, &post(&stranger, "/help/sign-in", &fields).await);
    for client in [signed_in(&desk, &bob).await, gil] {
        let client = client.header("x-request-id", "same");
        for (own, missing) in [
            (format!("/help/tickets/{ticket}"), "/help/tickets/999"),
            (format!("/help/attachments/{file}"), "/help/attachments/999"),
            (format!("/help/attachments/{file}/picture"), "/help/attachments/999/picture"),
        ] {
            let (own, missing) = (page(&client, &own).await, page(&client, missing).await);
            assert_eq!(own.status, StatusCode::NOT_FOUND);
            assert_eq!(text(&own), text(&missing));
        }
        for (what, fields) in
            [("reply", ("comment", "Mine?")), ("status", ("status", "3")), ("status", ("status", "2"))]
        {
            let of = |id: i64| format!("/help/tickets/{id}/{what}");
            let (own, missing) =
                (post(&client, &of(ticket), &[fields]).await, post(&client, &of(999), &[fields]).await);
            assert_eq!((own.status, missing.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{what}");
            assert_eq!(text(&own), text(&missing));
        }
        let parts = [
            Part::Text("comment", "With a file"),
            Part::File { field: "attachment", name: "b.txt", bytes: b"bytes that nobody else sent" },
        ];
        let answer = post_parts(&client, &format!("/help/tickets/{ticket}/reply"), &parts).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
    }
    let view = desk.view(ticket).await;
    assert_eq!((&view["conversations"], &view["ticket"]["status"]), (&json!([]), &json!("1")));
    assert_eq!(desk.stored_blobs().await.len(), 1, "what will be refused is not stored");
}

#[tokio::test]
async fn a_reply_with_files_is_the_same_as_by_the_api_and_is_sent_once() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let ann = ann(&desk).await;
    let key = key(&shown(&ann, ticket).await);
    let path = format!("/help/tickets/{ticket}/reply");
    let parts = |comment: &'static str| {
        [
            Part::Text("key", key.as_str()),
            Part::Text("comment", comment),
            Part::File { field: "attachment", name: "log.txt", bytes: b"504\n" },
        ]
    };
    let (first, second) = (parts("Again"), parts("Again"));
    let (first, second) = tokio::join!(post_parts(&ann, &path, &first), post_parts(&ann, &path, &second));
    assert_eq!(leads_to(&first), leads_to(&second));
    let view = desk.view(ticket).await;
    assert_eq!(view["conversations"].as_array().map(Vec::len), Some(1), "{view}");
    let said = &view["conversations"][0];
    assert_eq!((&said["comment"], &said["author"]), (&json!("Again"), &json!(desk.ann.email)));
    assert_eq!(leads_to(&first), format!("/help/tickets/{ticket}#c{}", said["id"]));
    assert_eq!(view["attachments"][0]["conversation_id"], said["id"]);
    assert_eq!(download(&desk.client, &view["attachments"][0]["id"]).await.body, b"504\n");

    let answer = post_parts(&ann, &path, &parts("Something else")).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let html = text(&answer);
    assert!(html.contains("You sent this reply before") && html.contains("Something else</textarea>"), "{html}");

    // Nothing to say, and a file too many.
    let parts = [Part::Text("comment", " "), Part::File { field: "attachment", name: "e.txt", bytes: b"" }];
    let answer = post_parts(&ann, &path, &parts).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in ["Write something first.", "A file is empty.", "You had chosen: e.txt."] {
        assert!(text(&answer).contains(said), "{}", text(&answer));
    }
    assert_eq!(desk.view(ticket).await["conversations"].as_array().map(Vec::len), Some(1));
}

/// A PNG of one pixel.
const PIXEL: &[u8] = include_bytes!("../browser/pixel.png");

#[tokio::test]
async fn pictures_are_shown_and_nothing_active_is() {
    let desk = Desk::new().await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let html_file = b"<!doctype html><script>alert(1)</script>";
    let files: [(&str, &[u8]); 3] = [("a.png", PIXEL), ("b.svg", svg), ("c.png", html_file)];
    let ticket = desk.ticket_with(&files).await;
    let ids: Vec<i64> = desk.view(ticket).await["attachments"]
        .as_array()
        .expect("files")
        .iter()
        .filter_map(|file| file["id"].as_i64())
        .collect();
    let ann = ann(&desk).await;
    let html = shown(&ann, ticket).await;
    assert_eq!(html.matches("<img src=\"/help/attachments/").count(), 1, "{html}");
    let picture = page(&ann, &format!("/help/attachments/{}/picture", ids[0])).await;
    assert_eq!((picture.header("content-type"), picture.header("content-disposition")), ("image/png", "inline"));
    assert!(picture.header("content-security-policy").contains("sandbox"));
    assert_eq!(picture.body, PIXEL);
    for active in &ids[1..] {
        assert_eq!(page(&ann, &format!("/help/attachments/{active}/picture")).await.status, StatusCode::NOT_FOUND);
        let file = page(&ann, &format!("/help/attachments/{active}")).await;
        assert!(file.header("content-disposition").starts_with("attachment"), "{:?}", file.headers);
        assert!(!file.header("content-type").contains("html"), "{:?}", file.headers);
        assert!(!file.header("content-type").contains("svg"), "{:?}", file.headers);
    }
}

#[tokio::test]
async fn a_ticket_is_closed_and_opened_again() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let ann = ann(&desk).await;
    let html = shown(&ann, ticket).await;
    assert!(html.contains("value=\"3\"") && !html.contains("value=\"2\""), "{html}");
    for _ in 0..2 {
        // A second click finds it as it should be.
        assert_eq!(leads_to(&ask(&ann, ticket, "3").await), format!("/help/tickets/{ticket}"));
        assert_eq!(desk.status(ticket).await, "3");
    }
    let html = shown(&ann, ticket).await;
    assert!(!html.contains("value=\"3\"") && html.contains("value=\"2\"") && html.contains("Not solved after all?"));
    for _ in 0..2 {
        leads_to(&ask(&ann, ticket, "2").await);
        assert_eq!(desk.status(ticket).await, "2");
    }
    let kinds: Vec<String> = desk.events(ticket).await.into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["ticket.opened", "ticket.status_changed", "ticket.status_changed"]);
    for nonsense in ["1", "", "7"] {
        assert_eq!(ask(&ann, ticket, nonsense).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{nonsense:?}");
    }
}

#[rstest]
#[case::reopens(true, "This ticket is closed. Your reply opens it again.", "2")]
#[case::stays(false, "This ticket is closed, and stays so when you reply.", "3")]
#[tokio::test]
async fn a_reply_to_a_closed_ticket_does_what_the_page_says(
    #[case] reopens: bool,
    #[case] said: &str,
    #[case] status: &str,
) {
    let desk = Desk::new().await;
    desk.set(None, Some(reopens)).await;
    let ticket = desk.ticket().await;
    let ann = ann(&desk).await;
    assert!(!shown(&ann, ticket).await.contains("is closed"));
    desk.close(ticket).await;
    assert!(shown(&ann, ticket).await.contains(said));
    leads_to(&reply(&ann, ticket, "Still wrong").await);
    assert_eq!(desk.status(ticket).await, status);
}

#[tokio::test]
async fn a_locked_ticket_says_why_its_status_stays() {
    let desk = Desk::new().await;
    let (ticket, agent) = (desk.ticket().await, desk.agent().await);
    let ann = ann(&desk).await;
    desk.lock(agent, ticket, true).await;
    let why = "Support keeps the status of this ticket";
    let html = shown(&ann, ticket).await;
    assert!(html.contains(why) && !html.contains("name=\"status\""), "{html}");
    let answer = ask(&ann, ticket, "3").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&answer).contains("role=\"alert\"") && text(&answer).matches(why).count() == 2, "{}", text(&answer));
    assert_eq!(desk.status(ticket).await, "1");
    leads_to(&reply(&ann, ticket, "Please close it").await);

    // Closed and locked: a reply is taken, and opens nothing.
    desk.lock(agent, ticket, false).await;
    desk.close(ticket).await;
    desk.lock(agent, ticket, true).await;
    assert!(shown(&ann, ticket).await.contains("stays so when you reply"));
    leads_to(&reply(&ann, ticket, "Hello?").await);
    assert_eq!(desk.status(ticket).await, "3");
}

#[tokio::test]
async fn a_merged_ticket_leads_to_where_it_goes_on() {
    let desk = Desk::new().await;
    let (first, second, agent) = (desk.ticket().await, desk.ticket().await, desk.agent().await);
    let at = ferrodesk::domain::Clock::now(&*desk.app.clock);
    let merge = move |tx: &mut dyn ferrodesk::storage::Tx| {
        ferrodesk::app::desk::merge_tickets::merge_tickets(tx, &agent, TicketId(second), TicketId(first), None, at)
    };
    desk.app.write(merge).await;
    let html = shown(&ann(&desk).await, second).await;
    assert!(html.contains(&format!("was merged into <a href=\"/help/tickets/{first}\">#{first}</a>")), "{html}");
}

#[tokio::test]
async fn a_ticket_that_is_full_says_so_and_keeps_what_was_written() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    desk.hold(ticket, Held::MAX).await;
    let ann = ann(&desk).await;
    let refused = reply(&ann, ticket, "One more thing").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let html = text(&refused);
    assert!(html.contains("This ticket is full") && html.contains("One more thing</textarea>"), "{html}");
    leads_to(&ask(&ann, ticket, "3").await);
    let refused = ask(&ann, ticket, "2").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&refused).contains("This ticket is full"), "{}", text(&refused));
}
