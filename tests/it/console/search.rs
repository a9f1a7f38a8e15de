//! The console's search, over HTTP.

use ferrodesk::domain::user::Role;
use http::StatusCode;
use serde_json::json;

use super::{page, signed_in, text};
use crate::support::{Answer, Client, Desk};

async fn search(client: &Client, q: &str) -> Answer {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", q).finish();
    page(client, &format!("/desk/search?list=view%3Dmine%26priority%3Dhigh&{query}")).await
}

/// The page of a search that was understood.
async fn found(client: &Client, q: &str) -> String {
    let answer = search(client, q).await;
    assert_eq!(answer.status, StatusCode::OK, "{q}");
    text(&answer)
}

async fn ticket(desk: &Desk, subject: &str, comment: &str) -> i64 {
    let fields = desk.ticket_fields().with("subject", subject).with("comment", comment);
    desk.client.post_json(crate::support::CREATE, &fields.json()).await.ticket_id()
}

#[tokio::test]
async fn every_kind_of_text_is_found_and_shown_with_what_was_looked_for() {
    let desk = Desk::new().await;
    let hana = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await;
    let client = signed_in(&desk, &hana).await;
    let by_subject = ticket(&desk, "The *zebra* <b> & co", "Nothing here.").await;
    let by_comment = ticket(&desk, "Animals", "I saw a **Zébra**, `really`.").await;
    let by_reply = ticket(&desk, "Stripes", "Black and white.").await;
    let api = desk.app.stranger().header("authorization", &format!("Bearer {}", hana.token));
    for (kind, comment) in [("replies", "We look for a **horse**"), ("notes", "It is a `giraffe`")] {
        let said = api.post_json(&format!("/desk/tickets/{by_reply}/{kind}"), &json!({ "comment": comment })).await;
        assert!(said.status.is_success(), "{}", said.json());
    }

    let html = found(&client, "zebra").await;
    assert!(html.contains("2 tickets, the best first"), "{html}");
    assert!(html.contains("The *<mark>zebra</mark>* &#60;b&#62; &#38; co</a>"), "a subject is no Markdown: {html}");
    assert!(html.contains("I saw a <mark>Zébra</mark>, really.</span>"), "{html}");
    assert!(html.contains("In the subject") && html.contains("In the first message"), "{html}");
    let first = html.find(&format!("href=\"/desk/tickets/{by_subject}?view=all\"")).expect("by subject");
    let second = html.find(&format!("href=\"/desk/tickets/{by_comment}?view=all\"")).expect("by comment");
    assert!(first < second, "the subject counts more");

    for (word, kind) in [("horse", "In a reply"), ("giraffe", "In a note")] {
        let html = found(&client, word).await;
        assert!(html.contains(kind) && html.contains(&format!(" a <mark>{word}</mark></span>")), "{html}");
        assert!(html.contains(&format!("href=\"/desk/tickets/{by_reply}?view=all#c")), "{html}");
    }
}

#[tokio::test]
async fn what_cannot_be_looked_for_says_why() {
    let desk = Desk::new().await;
    let hana = desk.app.user(&desk.acme, "hana@acme.example", Role::ReadOnly).await;
    let client = signed_in(&desk, &hana).await;
    ticket(&desk, "Animals", "Nothing here.").await;
    assert!(found(&client, " ").await.contains("Search in all tickets"));
    assert!(found(&client, "!?").await.contains("There is no word in this"));
    let html = found(&client, "<zebra>").await;
    assert!(
        html.contains("Nothing found for “&#60;zebra&#62;”") && html.contains("value=\"&#60;zebra&#62;\""),
        "{html}"
    );
    // The list that the search came from, narrowed down by its subject.
    assert!(html.contains("href=\"/desk/tickets?view=mine&#38;priority=high&#38;text=%3Czebra%3E\""), "{html}");
    assert!(html.contains("name=\"list\" value=\"view=mine&#38;priority=high\""), "{html}");

    let answer = search(&client, &"x".repeat(201)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let html = text(&answer);
    assert!(html.contains("200 characters at the most") && html.contains(&"x".repeat(201)), "{html}");
}

#[tokio::test]
async fn what_is_out_of_reach_is_not_found() {
    let desk = Desk::new().await;
    ticket(&desk, "The zebra", "Nothing here.").await;
    let tess = desk.app.user(&desk.acme, "tess@acme.example", Role::TeamAgent).await;
    let (globex, _) = desk.foreigner().await;
    let gus = desk.app.user(&globex, "gus@globex.example", Role::Admin).await;
    let stranger = desk.app.stranger();
    for (workspace, user) in [("Acme", &tess), ("Globex", &gus)] {
        let fields = [("workspace", workspace), ("email", &*user.email), ("password", crate::support::PASSWORD)];
        let client = super::with_cookie(&stranger, &super::post(&stranger, "/desk/sign-in", &fields).await);
        assert!(found(&client, "zebra").await.contains("Nothing found for"), "{workspace}");
    }
}

#[tokio::test]
async fn more_than_fifty_are_not_shown() {
    let desk = Desk::new().await;
    desk.set(Some(100), None).await;
    for number in 0..51 {
        ticket(&desk, &format!("Zebra {number}"), "Nothing here.").await;
    }
    let hana = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await;
    let html = found(&signed_in(&desk, &hana).await, "zebra").await;
    assert!(html.contains("The best 50. One more word tells them apart."), "{html}");
    assert_eq!(html.matches("<li class=\"row").count(), 50);
}
