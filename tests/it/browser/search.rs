//! The page of the search.

use rstest::rstest;
use serde_json::json;

use super::Scene;
use super::driver::{NARROW, Setup, WIDE};

#[rstest]
#[case::wide(WIDE)]
#[case::narrow(NARROW)]
#[case::dark(WIDE.dark())]
#[case::without_scripts(WIDE.without_scripts())]
#[tokio::test(flavor = "multi_thread")]
async fn the_search_finds_words_in_all_texts_and_leads_to_them(#[case] setup: Setup) {
    let scene = Scene::new().await;
    let desk = &scene.desk;
    let texts = [
        (
            "Invoices are late",
            "The last one came **two weeks** after the month, and our accountant asks for it every day. Could the invoice come by mail, so that nobody has to look for it?",
        ),
        ("Umlauts in file names", "Müller.pdf becomes `M_ller.pdf` when an invoice is downloaded."),
        ("Please add a dark theme", "Half of us work at night."),
    ];
    let mut tickets = Vec::new();
    for (subject, comment) in texts {
        let fields = desk.ticket_fields().with("subject", subject).with("comment", comment);
        tickets.push(desk.client.post_json(crate::support::CREATE, &fields.json()).await.ticket_id());
    }
    let api = desk.app.stranger().header("authorization", &format!("Bearer {}", scene.agent.token));
    let note = json!({ "comment": "An _internal_ wish of ours, too" });
    assert!(api.post_json(&format!("/desk/tickets/{}/notes", tickets[2]), &note).await.status.is_success());
    let browser = scene.signed_in(setup).await;
    if setup.width < 600 {
        browser.click(".search-link").await;
        browser.wait_for_text(".empty", "Search in all tickets").await;
        browser.check("search-not-asked").await;
    }
    browser.write(".search [name=q]", "invoice\n").await;
    browser.wait_for_text(".found-head", "2 tickets, the best first").await;
    assert_eq!(browser.text(".row:first-child .subject mark").await, "Invoices");
    let second = browser.text(".row:nth-child(2) .preview").await;
    assert!(second.contains("M_ller.pdf when an invoice is"), "{second}");
    let name = if setup.scripts { "search" } else { "search-without-scripts" };
    browser.check(name).await;

    let field = browser.find(".search [name=q]").await;
    field.clear().await.expect("an empty field");
    browser.write(".search [name=q]", "internal\n").await;
    browser.wait_for_text(".row .matched", "In a note").await;
    browser.check(&format!("{name}-note")).await;
    browser.click(".row .subject").await;
    browser.wait_for_text("h1", "Please add a dark theme").await;
    let place = browser.place().await;
    assert!(place.starts_with(&format!("/desk/tickets/{}?view=all#c", tickets[2])), "{place}");
    browser.assert_quiet().await;

    browser.go("/desk/search?q=zebra&list=view%3Dopen").await;
    browser.wait_for_text(".empty", "Nothing found for “zebra”").await;
    browser.check(&format!("{name}-nothing")).await;
    browser.click(".empty .button").await;
    browser.wait_for_text(".chips", "Subject: “zebra”").await;
    browser.assert_quiet().await;
}
