//! A ticket that staff open on behalf of a customer.

use ferrodesk::domain::user::Role;
use http::StatusCode;

use super::{agent, leads_to, page, post, signed_in, text};
use crate::support::{Desk, Part};

const NEW: &str = "/desk/tickets/new";

/// The ticket whose page an address is of.
fn ticket_at(address: &str) -> i64 {
    let id = address.strip_prefix("/desk/tickets/").and_then(|rest| rest.split('?').next());
    id.and_then(|id| id.parse().ok()).expect("a ticket's page")
}

/// The fields of a ticket for `requester`.
fn fields<'a>(requester: &'a str, category: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("requester", requester),
        ("name", "Zoe Park"),
        ("subject", "Called about an invoice"),
        ("category", category),
        ("priority", "high"),
        ("comment", "Wants it by post."),
    ]
}

#[tokio::test]
async fn a_customer_who_called_finds_the_ticket_among_their_own() {
    let desk = Desk::new().await;
    let client = agent(&desk).await;
    let category = desk.acme.category.to_string();
    let html = text(&page(&client, &format!("{NEW}?requester=ann%40customer.example")).await);
    assert!(html.contains("value=\"ann@customer.example\"") && html.contains("New ticket"), "{html}");

    let given = fields("Ann@Customer.example", &category);
    let mut parts: Vec<Part<'_>> = given.iter().map(|(name, value)| Part::Text(name, value)).collect();
    parts.push(Part::File { field: "files", name: "call.txt", bytes: b"09:40" });
    let ours = client.clone().header("sec-fetch-site", "same-origin");
    let answer = ours.post_parts(&format!("/{NEW}"), &parts).await;
    let ticket = ticket_at(leads_to(&answer));
    let view = desk.view(ticket).await;
    assert_eq!(view["author"], "ann@customer.example");
    assert_eq!(view["ticket"]["subject"], "Called about an invoice");
    assert_eq!(view["ticket"]["priority"], "3");
    assert_eq!(view["attachments"].as_array().map(Vec::len), Some(1), "{view}");
}

#[tokio::test]
async fn who_is_not_here_yet_is_added_once() {
    let desk = Desk::new().await;
    let client = agent(&desk).await;
    let category = desk.acme.category.to_string();
    let mut given = fields("zoe@customer.example", &category);
    given.push(("key", "0123456789abcdef0123456789abcdef"));
    let first = post(&client, NEW, &given).await;
    let again = post(&client, NEW, &given).await;
    assert_eq!(leads_to(&first), leads_to(&again), "a form that is sent twice makes one ticket");
    let html = text(&page(&client, leads_to(&first)).await);
    assert!(html.contains("Zoe Park") && html.contains("zoe@customer.example"), "{html}");
    let offered = text(&page(&client, "/desk/requesters?q=zoe").await);
    assert_eq!(offered.trim(), "<option value=\"zoe@customer.example\">Zoe Park</option>");

    given.retain(|(name, _)| *name != "subject");
    given.push(("subject", "Another"));
    let other = post(&client, NEW, &given).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert!(text(&other).contains("This form was sent before"), "{}", text(&other));
}

#[tokio::test]
async fn what_is_wrong_is_said_at_every_field_and_nothing_is_lost() {
    let desk = Desk::new().await;
    let hana = desk.app.user(&desk.acme, "hana@acme.example", Role::Agent).await;
    let client = signed_in(&desk, &hana).await;
    let said = |html: &str, field: &str| {
        let at = html.split_once(&format!("id=\"{field}-problem\"")).map(|(_, rest)| rest.to_owned());
        at.and_then(|rest| Some(rest.split_once("</p>")?.0.to_owned())).unwrap_or_default()
    };
    let wrong =
        [("requester", "zoe"), ("subject", " "), ("category", "99"), ("comment", "Kept words"), ("priority", "")];
    let answer = post(&client, NEW, &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let html = text(&answer);
    assert!(said(&html, "requester").contains("not an e-mail address"), "{html}");
    assert!(said(&html, "subject").contains("Write something first"), "{html}");
    assert!(said(&html, "category").contains("There is no 99 here"), "{html}");
    assert!(html.contains("Kept words") && html.contains("value=\"zoe\""), "{html}");

    // Staff are no customers.
    let category = desk.acme.category.to_string();
    let answer = post(&client, NEW, &fields("hana@acme.example", &category)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(said(&text(&answer), "requester").contains("There is no hana@acme.example here"), "{}", text(&answer));

    desk.set(Some(1), None).await;
    desk.ticket().await;
    let answer = post(&client, NEW, &fields("ann@customer.example", &category)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&answer).contains("as many open tickets as the workspace allows"), "{}", text(&answer));
    assert_eq!(desk.tickets().await, 1);
}

#[tokio::test]
async fn who_may_only_read_opens_none() {
    let desk = Desk::new().await;
    let ro = desk.app.user(&desk.acme, "ro@acme.example", Role::ReadOnly).await;
    let client = signed_in(&desk, &ro).await;
    assert_eq!(page(&client, NEW).await.status, StatusCode::FORBIDDEN);
    let category = desk.acme.category.to_string();
    assert_eq!(post(&client, NEW, &fields("ann@customer.example", &category)).await.status, StatusCode::FORBIDDEN);
    let html = text(&page(&client, "/desk/tickets?view=all").await);
    assert!(!html.contains(&format!("href=\"{NEW}")), "{html}");
    assert_eq!(desk.tickets().await, 0);
}
