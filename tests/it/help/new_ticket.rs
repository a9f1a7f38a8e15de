//! Opening a ticket.

use http::{Method, StatusCode};
use rstest::rstest;

use super::{ann, key, leads_to, page, post, post_parts, read, signed_in, text};
use crate::support::{Answer, Client, Desk, Part, download, multipart};

const NEW: &str = "/help/new";

/// Bytes that come at once.
const PIECE: usize = 64 * 1024;

/// The key of a fresh form.
async fn fresh_key(client: &Client) -> String {
    key(&text(&page(client, NEW).await))
}

/// The ticket that an answer leads to.
fn opened(answer: &Answer) -> i64 {
    leads_to(answer).strip_prefix("/help/tickets/").expect("a ticket's page").parse().expect("an id")
}

#[tokio::test]
async fn a_ticket_with_files_is_the_same_as_by_the_api() {
    let desk = Desk::new().await;
    let ann = ann(&desk).await;
    let (key, category) = (fresh_key(&ann).await, desk.acme.category.to_string());
    let parts = [
        Part::Text("key", &key),
        Part::Text("category", &category),
        Part::Text("subject", "  The invoice of May  "),
        Part::Text("comment", "It lists **30** seats."),
        Part::Text("priority", "3"),
        Part::File { field: "attachment", name: "invoice.pdf", bytes: b"%PDF-1.7 " },
        Part::File { field: "attachment", name: "log.txt", bytes: b"09:40 504\n" },
    ];
    let answer = post_parts(&ann, NEW, &parts).await;
    let ticket = opened(&answer);
    let view = desk.view(ticket).await;
    let expected = serde_json::json!({ "id": ticket, "subject": "The invoice of May", "priority": "3",
        "category": desk.acme.category, "comment": "It lists **30** seats.", "status": "1", "tags": [] });
    assert_eq!(view["ticket"], expected);
    let files = view["attachments"].as_array().expect("files");
    assert_eq!(files.len(), 2);
    assert_eq!(download(&desk.client, &files[1]["id"]).await.body, b"09:40 504\n");
    assert_eq!(desk.events(ticket).await[0].1, desk.ann.requester.user.0);

    let said = super::cookie(&answer, "__Host-ferrodesk-said").expect("what was done").split(';').next().expect("it");
    let with_said = ann.clone().header("cookie", &format!("{}; {said}", ann.cookie()));
    let html = text(&page(&with_said, &format!("/help/tickets/{ticket}")).await);
    assert!(html.contains("Sent. You find the answer here."), "{html}");
}

#[tokio::test]
async fn the_form_reads_like_a_form() {
    let desk = Desk::new().await;
    let html = text(&page(&ann(&desk).await, NEW).await);
    assert_eq!(
        read(&html).lines().collect::<Vec<_>>(),
        [
            "Your tickets",
            "New ticket",
            "Category",
            "Billing: Invoices and payments",
            "Subject",
            "In a few words, such as “The invoice of May is wrong”.",
            "What can we do for you?",
            "What you did, what you expected, and what happened instead. Markdown works.",
            "How urgent is it?",
            "Low",
            "Medium",
            "High",
            "Files",
            "Up to ten files of 2 MiB each.",
            "Send",
            "Cancel",
        ]
    );
    assert!(html.contains("value=\"2\" required checked"), "medium, unless they say otherwise: {html}");
}

#[tokio::test]
async fn all_that_is_wrong_is_said_at_its_field_and_nothing_written_is_lost() {
    let desk = Desk::new().await;
    let ann = ann(&desk).await;
    let key = fresh_key(&ann).await;
    let subject = "é".repeat(501);
    let big = vec![b'x'; 2 * 1024 * 1024 + 1];
    let parts = [
        Part::Text("key", &key),
        Part::Text("category", "99"),
        Part::Text("subject", &subject),
        Part::Text("comment", "\n  Two\n</textarea><b>lines"),
        Part::Text("priority", "9"),
        Part::File { field: "attachment", name: "small.txt", bytes: b"x" },
        Part::File { field: "attachment", name: "<big>.mov", bytes: &big },
    ];
    let answer = post_parts(&ann, NEW, &parts).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let html = text(&answer);
    for (field, said) in [
        ("category", "Choose one of those that are offered."),
        ("subject", "At most 500 characters."),
        ("priority", "Choose one of those that are offered."),
        (
            "attachment",
            "A file is larger than 2 MiB. Choose your files again without it. You had chosen: small.txt, &#60;big&#62;.mov.",
        ),
    ] {
        let at = html.split_once(&format!("id=\"{field}-problem\"")).unwrap_or_else(|| panic!("{field}: {html}")).1;
        assert!(at.split_once("</p>").expect("its end").0.contains(said), "{field}: {at}");
        assert!(html.contains(&format!("{field}-problem")) && html.contains("aria-invalid=\"true\""), "{field}");
    }
    assert!(!html.contains("comment-problem"), "{html}");
    assert!(html.contains(&format!("value=\"{subject}\"")), "{html}");
    assert!(html.contains(">\n\n  Two\n&#60;/textarea&#62;&#60;b&#62;lines</textarea>"), "{html}");
    assert_eq!(super::key(&html), key, "what was refused had no effect");
    assert_eq!((desk.tickets().await, desk.stored_blobs().await.len()), (0, 0));

    // Nothing at all.
    let html = text(&post(&ann, NEW, &[]).await);
    for field in ["category", "subject", "comment", "priority"] {
        assert!(html.contains(&format!("id=\"{field}-problem\"")), "{field}: {html}");
    }
}

#[rstest]
#[case::empty(1, b"", "A file is empty.")]
#[case::eleven(11, b"x", "10 files go into one message at the most.")]
#[tokio::test]
async fn files_have_the_api_s_limits(#[case] count: usize, #[case] bytes: &[u8], #[case] said: &str) {
    let desk = Desk::new().await;
    let ann = ann(&desk).await;
    let category = desk.acme.category.to_string();
    let mut parts = vec![
        Part::Text("category", &category),
        Part::Text("subject", "S"),
        Part::Text("comment", "C"),
        Part::Text("priority", "1"),
    ];
    parts.extend(vec![Part::File { field: "attachment", name: "a.txt", bytes }; count]);
    let answer = post_parts(&ann, NEW, &parts).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&answer).contains(said), "{}", text(&answer));
    assert_eq!(desk.tickets().await, 0);
}

#[tokio::test]
async fn files_that_are_too_large_together_cost_nothing_that_was_written() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let ann = ann(&desk).await;
    let (category, video) = (desk.acme.category.to_string(), vec![b'x'; 33 * 1024 * 1024]);
    let parts = [
        Part::Text("category", &category),
        Part::Text("subject", "S"),
        Part::Text("comment", "At length"),
        Part::Text("priority", "1"),
        Part::File { field: "attachment", name: "a.txt", bytes: b"x" },
        Part::File { field: "attachment", name: "video.mov", bytes: &video },
    ];
    // As it comes from a network, piece by piece.
    let body = bytes::Bytes::from(multipart(&parts));
    let pieces = || {
        let starts = (0..body.len()).step_by(PIECE);
        let piece = |start: usize| body.slice(start..(start + PIECE).min(body.len()));
        let pieces: Vec<_> = starts.map(|start| Ok::<_, std::io::Error>(piece(start))).collect();
        axum::body::Body::from_stream(futures_util::stream::iter(pieces))
    };
    let kind = "multipart/form-data; boundary=----ferrodesk";
    let own = ann.clone().header("sec-fetch-site", "same-origin");
    for path in [NEW.to_owned(), format!("/help/tickets/{ticket}/reply")] {
        let answer = own.send(Method::POST, &format!("/{path}"), Some(kind), pieces()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        let html = text(&answer);
        for said in ["At length</textarea>", "A file is larger than 2 MiB.", "You had chosen: a.txt, video.mov."] {
            assert!(html.contains(said), "{said}: {html}");
        }
    }
    assert_eq!((desk.tickets().await, desk.stored_blobs().await.len()), (1, 0));
    // Programs are told what they were told before.
    let answer = desk.client.send(Method::POST, crate::support::CREATE, Some(kind), pieces()).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_ticket() {
    let desk = Desk::new().await;
    let ann = ann(&desk).await;
    let (key, category) = (fresh_key(&ann).await, desk.acme.category.to_string());
    let parts = |comment: &'static str| {
        [
            Part::Text("key", key.as_str()),
            Part::Text("category", category.as_str()),
            Part::Text("subject", "S"),
            Part::Text("comment", comment),
            Part::Text("priority", "1"),
            Part::File { field: "attachment", name: "a.txt", bytes: b"x" },
        ]
    };
    let (first, second) = (parts("Once"), parts("Once"));
    let (first, second) = tokio::join!(post_parts(&ann, NEW, &first), post_parts(&ann, NEW, &second));
    let third = post_parts(&ann, NEW, &parts("Once")).await;
    assert_eq!((opened(&first), opened(&first)), (opened(&second), opened(&third)));
    assert_eq!(desk.tickets().await, 1);
    assert_eq!(desk.view(opened(&first)).await["attachments"].as_array().map(Vec::len), Some(1));

    // Gone back and written anew: not lost, and not sent by mistake.
    let answer = post_parts(&ann, NEW, &parts("Another thing")).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let html = text(&answer);
    assert!(html.contains("You sent this form before") && html.contains("Another thing</textarea>"), "{html}");
    let new_key = super::key(&html);
    assert_ne!(new_key, key);
    let fields = [("key", &*new_key), ("category", &*category), ("subject", "S"), ("comment", "C"), ("priority", "1")];
    opened(&post(&ann, NEW, &fields).await);
    assert_eq!(desk.tickets().await, 2);

    // Another's form with the same key is another form.
    let bob = desk.app.user(&desk.acme, "bob@customer.example", ferrodesk::domain::user::Role::Customer).await;
    opened(&post_parts(&signed_in(&desk, &bob).await, NEW, &parts("Once")).await);
    assert_eq!(desk.tickets().await, 3);
}

#[tokio::test]
async fn too_many_open_tickets_are_said_in_words_and_nothing_written_is_lost() {
    let desk = Desk::new().await;
    desk.set(Some(1), None).await;
    let ann = ann(&desk).await;
    assert!(!text(&page(&ann, NEW).await).contains("role=\"alert\""));
    let ticket = desk.ticket().await;
    let said = "You have an open ticket, and can have one at a time.";
    assert!(text(&page(&ann, NEW).await).contains(said), "before anything is written");
    let category = desk.acme.category.to_string();
    let parts = [
        Part::Text("category", &category),
        Part::Text("subject", "One more"),
        Part::Text("comment", "At length"),
        Part::Text("priority", "3"),
        Part::File { field: "attachment", name: "a.txt", bytes: b"x" },
    ];
    let answer = post_parts(&ann, NEW, &parts).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let html = text(&answer);
    for kept in
        [said, "value=\"One more\"", "At length</textarea>", "value=\"3\" required checked", "You had chosen: a.txt."]
    {
        assert!(html.contains(kept), "{kept}: {html}");
    }
    assert_eq!((desk.tickets().await, desk.stored_blobs().await.len()), (1, 0));
    desk.close(ticket).await;
    opened(&post_parts(&ann, NEW, &parts).await);
}

#[tokio::test]
async fn a_category_out_of_use_is_not_offered_and_not_taken() {
    let desk = Desk::new().await;
    let ann = ann(&desk).await;
    let (globex, _) = desk.foreigner().await;
    let foreign = globex.category.to_string();
    let fields = [("category", &*foreign), ("subject", "S"), ("comment", "C"), ("priority", "1")];
    let answer = post(&ann, NEW, &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!text(&answer).contains(&format!("<option value=\"{foreign}\"")), "{}", text(&answer));
    assert_eq!(desk.tickets().await, 0);
}
