//! The list of one's own tickets.

use std::time::Duration;

use serde_json::json;

use super::{ann, page, read, text};
use crate::support::{Client, Desk, STATUS};

/// The tickets on a page, in order.
fn ids(html: &str) -> Vec<i64> {
    let links = html.split("class=\"subject\" href=\"/help/tickets/").skip(1);
    links.map(|link| link.split_once('"').expect("its end").0.parse().expect("an id")).collect()
}

async fn shown(client: &Client, query: &str) -> String {
    let answer = page(client, &format!("/help{query}")).await;
    assert_eq!(answer.status.as_u16(), 200, "{query}");
    text(&answer)
}

#[tokio::test]
async fn who_has_asked_nothing_is_told_what_to_do() {
    let desk = Desk::new().await;
    let bob = desk.bob().await;
    bob.open_called(desk.acme.category, "Not for Ann").await;
    let html = shown(&ann(&desk).await, "").await;
    assert_eq!(
        read(&html),
        "Your tickets\nNew ticket\nYou have not asked anything yet\n\
         Tell us what you need. You find our answers here, and can write back.\nOpen your first ticket"
    );
    assert!(html.contains("<title>Your tickets · Acme</title>"), "{html}");
}

#[tokio::test]
async fn ones_own_tickets_and_nobody_elses_the_newest_first() {
    let desk = Desk::new().await;
    let first = desk.ticket().await;
    desk.close(first).await;
    desk.bob().await.open_called(desk.acme.category, "Bob's").await;
    let (globex, foreign) = desk.foreigner().await;
    foreign.open_called(globex.category, "Foreign").await;
    desk.app.clock.advance(Duration::from_hours(26));
    let second = desk.app.open_now(&desk.acme, &desk.ann, vec!["Größe <b>& 100%</b>".to_owned()]).await[0];
    desk.app.clock.advance(Duration::from_mins(5));
    let html = shown(&ann(&desk).await, "").await;
    assert_eq!(ids(&html), [second, first]);
    let words = read(&html);
    let rows = words.split_once("Apply\n").expect("filters").1;
    assert_eq!(
        rows.split_whitespace().collect::<Vec<_>>().join(" "),
        format!(
            "Größe &#60;b&#62;&#38; 100%&#60;/b&#62; Open #{second}Billing Opened 5 min \
             Invoice Closed #{first}Billing Opened 1 d"
        )
    );
}

#[tokio::test]
async fn the_list_is_narrowed_down_by_subject_and_status() {
    let desk = Desk::new().await;
    let invoice = desk.ticket().await;
    let closed = desk.client.open_called(desk.acme.category, "INVOICE of June").await;
    let other = desk.client.open_called(desk.acme.category, "100% wrong").await;
    desk.close(closed).await;
    let ann = ann(&desk).await;
    for (query, expected) in [
        ("?subject=invoice", vec![closed, invoice]),
        ("?subject=invoice&status=open", vec![invoice]),
        ("?status=closed", vec![closed]),
        ("?subject=100%25", vec![other]),
        ("?subject=%25", vec![other]),
        ("?subject=&status=&before=", vec![other, closed, invoice]),
        ("?status=solved&before=x", vec![other, closed, invoice]),
        (&format!("?before={closed}"), vec![invoice]),
    ] {
        assert_eq!(ids(&shown(&ann, query).await), expected, "{query}");
    }
    let html = shown(&ann, "?subject=invoice&status=closed").await;
    assert!(html.contains("value=\"invoice\"") && html.contains("<option value=\"closed\" selected>"), "{html}");
    for nothing in ["?subject=nothing", "?status=processing", "?subject=%00"] {
        let html = shown(&ann, nothing).await;
        assert!(html.contains("No ticket of yours is like this") && html.contains("Show all your tickets"), "{html}");
    }
    let html = shown(&ann, "?before=1").await;
    assert!(html.contains("There are no older tickets"), "{html}");
}

#[tokio::test]
async fn pages_lead_on_to_older_tickets_by_cursor() {
    let desk = Desk::new().await;
    desk.app.lift_open_ticket_limit(&desk.acme).await;
    desk.app.open_many(&desk.acme, &desk.ann, 60).await;
    let ann = ann(&desk).await;
    let mut address = "?subject=ticket&status=open".to_owned();
    let mut seen = Vec::new();
    for expected in [25, 25, 10] {
        let html = shown(&ann, &address).await;
        let page = ids(&html);
        assert_eq!(page.len(), expected);
        seen.extend(page);
        let older = html.split_once(" rel=\"next\"").map(|(before, _)| before.rsplit_once("/help").expect("a link").1);
        address = older.map(|href| href.trim_end_matches('"').replace("&#38;", "&")).unwrap_or_default();
        assert_eq!(address.is_empty(), expected == 10, "{html}");
        // Tickets that come meanwhile move nothing.
        let new = desk.client.open_called(desk.acme.category, "A ticket meanwhile").await;
        assert!(!seen.contains(&new));
    }
    assert!(seen.is_sorted_by(|a, b| a > b) && seen.len() == 60, "{seen:?}");
}

#[tokio::test]
async fn the_status_is_that_of_the_api() {
    let desk = Desk::new().await;
    let ticket = desk.ticket().await;
    let agent = desk.agent().await;
    let ann = ann(&desk).await;
    assert!(read(&shown(&ann, "").await).contains("\nOpen"));
    desk.answer(agent, ticket, ferrodesk::domain::conversation::Visibility::Public, None).await;
    assert!(read(&shown(&ann, "").await).contains("\nProcessing"));
    desk.client.post_json(STATUS, &json!({ "ticket": ticket, "status": "3" })).await.data();
    assert!(read(&shown(&ann, "").await).contains("\nClosed"));
}
