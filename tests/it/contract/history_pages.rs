//! 3 · `GET support/get/ticket/history/`: page by page.

use ferrodesk::app::manage::workspaces;
use ferrodesk::domain::user::Role;
use http::Method;
use serde_json::{Value, json};

use crate::support::history::{HISTORY, list, listed, ready, subjects};
use crate::support::{Answer, Encoding, TestApp};

#[tokio::test]
async fn there_are_50_on_a_page_unless_limit_says_otherwise_and_1000_at_the_most() {
    let (app, acme, ann, client) = ready().await;
    app.open_many(&acme, &ann, 1003).await;
    let page = async |parameters: &[(&str, &str)]| {
        let subjects = subjects(&client, parameters).await;
        (subjects.len(), subjects.first().and_then(Value::as_str).unwrap_or_default().to_owned())
    };
    let newest = "Ticket 1003".to_owned();
    assert_eq!(page(&[]).await, (50, newest.clone()));
    for (limit, count) in [
        ("1", 1),
        ("+7", 7),
        (" 007 ", 7),
        ("1000", 1000),
        ("1001", 1000),
        ("99999999999999999999999", 1000),
        ("", 50),
        (" ", 50),
    ] {
        assert_eq!(page(&[("limit", limit)]).await, (count, newest.clone()), "{limit:?}");
    }
    for (offset, count, first) in [
        ("0", 50, "Ticket 1003"),
        ("1", 50, "Ticket 1002"),
        ("1000", 3, "Ticket 3"),
        ("1003", 0, ""),
        ("99999999999999999999999", 0, ""),
        ("-0", 50, "Ticket 1003"),
        ("", 50, "Ticket 1003"),
    ] {
        assert_eq!(page(&[("offset", offset)]).await, (count, first.to_owned()), "{offset:?}");
    }
    assert_eq!(page(&[("offset", "1001"), ("limit", "1")]).await, (1, "Ticket 2".to_owned()));
    // Of a repeated parameter the last wins.
    assert_eq!(page(&[("limit", "3"), ("limit", "2")]).await.0, 2);
}

/// The path of the next page below the API's base, if there is one.
fn next_page(answer: &Answer) -> Option<String> {
    let link = answer.header("link");
    let address = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
    assert_eq!(address.is_none(), link.is_empty(), "{link}");
    Some(address?.strip_prefix("/api/v1").expect("an address of this API").to_owned())
}

#[tokio::test]
async fn the_links_lead_through_all_pages_without_gap_or_repeat_whatever_arrives() {
    let (app, acme, ann, client) = ready().await;
    app.open_many(&acme, &ann, 25).await;
    let mut seen = Vec::new();
    let mut path = format!("{HISTORY}?limit=10");
    let mut pages = 0;
    loop {
        let answer = client.get(&path).await;
        seen.extend(listed(&answer));
        pages += 1;
        client.open_called(acme.category, "Arrived meanwhile").await;
        let Some(next) = next_page(&answer) else { break };
        path = next;
    }
    assert_eq!(pages, 3);
    let expected: Vec<_> = (1..=25).rev().map(|number| json!(format!("Ticket {number}"))).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_link_keeps_the_filters_and_leaves_the_offset_behind() {
    let (app, acme, ann, client) = ready().await;
    app.open_many(&acme, &ann, 9).await;
    client.open_called(acme.category, "Other & 100 %").await;
    let category = acme.category.to_string();
    let filters = [("subject", "tIcKeT"), ("category", &*category), ("status", "1"), ("limit", "3"), ("offset", "2")];
    let first = list(&client, &filters).await;
    assert_eq!(listed(&first), ["Ticket 7", "Ticket 6", "Ticket 5"]);
    let second = client.get(&next_page(&first).expect("more")).await;
    assert_eq!(listed(&second), ["Ticket 4", "Ticket 3", "Ticket 2"]);
    let third = client.get(&next_page(&second).expect("more")).await;
    assert_eq!(listed(&third), ["Ticket 1"]);
    assert_eq!(next_page(&third), None);
    // A last page that is full is still the last.
    assert_eq!(next_page(&list(&client, &[("limit", "10")]).await), None);
    assert_eq!(next_page(&list(&client, &[("subject", "& 100 %"), ("limit", "1")]).await), None);
    // The default page leads on as well, and so do parameters from a body.
    app.open_many(&acme, &ann, 51).await;
    assert!(next_page(&client.get(HISTORY).await).is_some());
    let from_body = client.send_fields(Method::GET, HISTORY, Encoding::Json, &[("limit", "60")]).await;
    let rest = client.get(&next_page(&from_body).expect("more")).await;
    assert_eq!(listed(&rest), ["Ticket 1"]);
}

#[tokio::test]
async fn links_are_absolute_if_the_settings_say_how_clients_know_us() {
    let app = TestApp::with(|config| config.public_url = Some("https://help.acme.example/".to_owned()));
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    client.open_called(acme.category, "a").await;
    client.open_called(acme.category, "b").await;
    let answer = client.get("/get/ticket/history?limit=1").await;
    let start = "<https://help.acme.example/api/v1/support/get/ticket/history/?limit=1&cursor=";
    assert!(answer.header("link").starts_with(start), "{}", answer.header("link"));
}

#[tokio::test]
async fn a_cursor_is_only_what_was_given_and_opens_nothing_of_others() {
    let (app, acme, ann, client) = ready().await;
    app.open_many(&acme, &ann, 3).await;
    let link = next_page(&list(&client, &[("limit", "1")]).await).expect("more");
    let cursor = link.rsplit_once("cursor=").expect("a cursor").1;
    for bad in ["x", "1", "-1", "!!", "YmVmb3JlOng", &format!("{cursor}="), &cursor[1..], "NQ"] {
        let answer = list(&client, &[("cursor", bad)]).await;
        answer.assert_invalid(&json!({ "cursor": ["Invalid cursor"] }));
    }
    assert_eq!(list(&client, &[("cursor", " ")]).await.data()["TicketList"].as_array().expect("a list").len(), 3);
    let bob = app.user(&acme, "bob@customer.example", Role::Customer).await;
    assert_eq!(subjects(&app.client(&acme, &bob), &[("cursor", cursor)]).await, [""; 0]);
}

#[tokio::test]
async fn a_page_of_huge_tickets_ends_early_and_the_link_leads_on() {
    let (app, acme, _, client) = ready().await;
    app.write(|tx| workspaces::set(tx, "Acme", Some(0), None)).await;
    let comment = "x".repeat(1_000_000);
    let mut opened = Vec::new();
    for _ in 0..20 {
        let fields =
            [("subject", "Huge"), ("priority", "1"), ("comment", &comment), ("category", &acme.category.to_string())];
        opened.push(client.post("/support/create/ticket/", Encoding::Urlencoded, &fields).await.ticket_id());
    }
    let mut listed = Vec::new();
    let mut page = list(&client, &[]).await;
    loop {
        let tickets = page.data()["TicketList"].as_array().expect("a list").clone();
        assert!(page.body.len() < 20_000_000 && !tickets.is_empty());
        listed.extend(tickets.iter().map(|ticket| ticket["id"].as_i64().expect("an id")));
        let Some(next) = next_page(&page) else { break };
        page = client.get(&next).await;
    }
    opened.reverse();
    assert_eq!(listed, opened);
}
