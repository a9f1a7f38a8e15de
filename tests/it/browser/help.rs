//! The requesters' pages.

use std::time::Duration;

use ferrodesk::domain::conversation::Visibility;
use rstest::rstest;

use super::driver::{Browser, NARROW, Setup, WIDE};
use super::{Scene, sign_in};
use crate::support::PASSWORD;

impl Scene {
    /// A browser in which Ann is signed in at `/help`.
    async fn ann(&self, setup: Setup) -> Browser {
        let browser = self.browser(setup).await;
        browser.go("/help").await;
        sign_in(&browser, &self.desk.ann.email, PASSWORD).await;
        browser.find(".help").await;
        browser
    }
}

/// A picture to be attached.
const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/browser/pixel.png");

#[rstest]
#[case::wide(WIDE)]
#[case::narrow(NARROW)]
#[case::dark(WIDE.dark())]
#[case::narrow_and_dark(NARROW.dark())]
#[tokio::test(flavor = "multi_thread")]
async fn a_customer_asks_is_answered_and_closes(#[case] setup: Setup) {
    let scene = Scene::new().await;
    let browser = scene.browser(setup).await;
    browser.go("/help/new").await;
    assert_eq!(browser.place().await, "/help/sign-in?next=%2Fhelp%2Fnew");
    browser.check("help-sign-in").await;
    sign_in(&browser, &scene.desk.ann.email, "not the password").await;
    browser.wait_for_text(".problem", "do not belong together").await;
    browser.check_refused("help-sign-in-wrong", 403).await;
    sign_in(&browser, &scene.desk.ann.email, PASSWORD).await;
    browser.wait_for_text("h1", "New ticket").await;
    browser.go("/help").await;
    browser.wait_for_text(".empty", "You have not asked anything yet").await;
    browser.check("help-empty").await;

    browser.click(".empty .primary").await;
    browser.write("[name=subject]", "The export stops").await;
    browser.write("[name=comment]", "At row **10 000**, every time:\n\n- `export.csv`\n- since Monday").await;
    browser.click(".segments label:last-child").await;
    browser.write("[name=attachment]", PICTURE).await;
    browser.check("help-new").await;
    browser.click("form .primary").await;
    browser.wait_for_text(".said", "Sent.").await;
    browser.wait_for_text("h1", "The export stops").await;
    browser.check("help-sent").await;
    let place = browser.place().await;
    let ticket: i64 = place.rsplit('/').next().expect("an id").parse().expect("an id");

    scene.desk.app.clock.advance(Duration::from_mins(42));
    scene.desk.answer(scene.agent.requester, ticket, Visibility::Public, None).await;
    scene.desk.answer(scene.agent.requester, ticket, Visibility::Internal, None).await;
    scene.desk.app.clock.advance(Duration::from_mins(5));
    browser.go(&place).await;
    browser.wait_for_text(".message:last-child .by", "Hana Sato").await;
    browser.write("[name=comment]", "It works now, thank you!").await;
    browser.click("#reply .primary").await;
    browser.wait_for_text(".said", "Reply sent.").await;
    browser.wait_for_text(".message:last-child", "It works now").await;
    browser.check("help-ticket").await;

    browser.click(".ticket-facts button").await;
    browser.wait_for_text(".help-title .status-word", "Closed").await;
    browser.wait_for_text("#comment-hint", "Your reply opens it again.").await;
    browser.check("help-closed").await;
    browser.click(".ticket-facts button").await;
    browser.wait_for_text(".said", "Opened again.").await;
    browser.wait_for_text(".help-title .status-word", "Processing").await;

    browser.click("[action='/help/sign-out'] button").await;
    browser.find("[name=password]").await;
    browser.go("/help").await;
    browser.find("[name=password]").await;
    browser.assert_quiet().await;
}

#[rstest]
#[case::wide(WIDE)]
#[case::narrow(NARROW)]
#[case::dark(WIDE.dark())]
#[tokio::test(flavor = "multi_thread")]
async fn ones_own_tickets_are_found_again(#[case] setup: Setup) {
    let scene = Scene::new().await;
    let desk = &scene.desk;
    desk.app.lift_open_ticket_limit(&desk.acme).await;
    desk.app.open_many(&desk.acme, &desk.ann, 24).await;
    let closed = desk.client.open_called(desk.acme.category, "Cannot sign in after the update").await;
    desk.close(closed).await;
    desk.app.clock.advance(Duration::from_hours(26));
    let long = "A very long subject about the export to CSV that stops at row 10 000, and whose file ends in a line";
    let answered = desk.app.open_now(&desk.acme, &desk.ann, vec![long.to_owned()]).await[0];
    desk.app.clock.advance(Duration::from_mins(70));
    desk.answer(scene.agent.requester, answered, Visibility::Public, None).await;
    desk.app.clock.advance(Duration::from_mins(8));
    desk.app.open_now(&desk.acme, &desk.ann, vec!["Please add a dark theme".to_owned()]).await;
    desk.app.clock.advance(Duration::from_mins(3));
    let browser = scene.ann(setup).await;
    browser.wait_for_text(".own-tickets", "Please add a dark theme").await;
    browser.check("help-list").await;
    browser.click(".help-pages [rel=next]").await;
    browser.wait_for_text(".help-pages", "Newest tickets").await;
    browser.check("help-list-older").await;

    browser.go("/help").await;
    browser.click(".by-status [value=closed]").await;
    browser.wait_for_text(".narrow-down", "Clear all").await;
    assert!(browser.text(".own-tickets").await.contains("Cannot sign in after the update"));
    browser.check("help-list-narrowed").await;
    browser.write("[name=subject]", "invoice\n").await;
    browser.wait_for_text(".empty", "No ticket of yours is like this").await;
    browser.check("help-list-nothing").await;
}

#[rstest]
#[case::wide(WIDE)]
#[case::narrow(NARROW)]
#[tokio::test(flavor = "multi_thread")]
async fn all_of_it_works_without_scripts(#[case] setup: Setup) {
    let scene = Scene::new().await;
    let desk = &scene.desk;
    let browser = scene.ann(setup.without_scripts()).await;
    browser.click(".help-title .primary").await;
    browser.write("[name=subject]", "The export stops").await;
    browser.write("[name=comment]", "At row 10 000.").await;
    browser.write("[name=attachment]", PICTURE).await;
    browser.click("form .primary").await;
    browser.wait_for_text(".said", "Sent.").await;
    browser.find(".files img").await;
    let ticket: i64 = browser.place().await.rsplit('/').next().expect("an id").parse().expect("an id");
    browser.write("[name=comment]", "And again.").await;
    browser.click("#reply .primary").await;
    browser.wait_for_text(".message:last-child", "And again.").await;
    browser.click(".ticket-facts button").await;
    browser.wait_for_text(".help-title .status-word", "Closed").await;
    assert_eq!(desk.status(ticket).await, "3");
    browser.click(".back").await;
    browser.click(".by-status [value=closed]").await;
    browser.click(".narrow-down button").await;
    browser.wait_for_text(".own-tickets", "The export stops").await;
    browser.assert_quiet().await;
}

#[rstest]
#[case::wide(WIDE)]
#[case::narrow(NARROW)]
#[case::dark(WIDE.dark())]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_says_why(#[case] setup: Setup) {
    let scene = Scene::new().await;
    let desk = &scene.desk;
    desk.set(Some(1), None).await;
    let ticket = desk.ticket().await;
    desk.lock(scene.agent.requester, ticket, true).await;
    let browser = scene.ann(setup).await;
    browser.go("/help/new").await;
    browser.wait_for_text(".problem", "You have an open ticket").await;
    browser.check("help-limit").await;

    // What browsers themselves would not send.
    let reply = "document.querySelector('[name=subject]').required = false;
        document.querySelector('[name=comment]').value = 'Kept'; document.querySelector('form.fields').requestSubmit()";
    browser.client.execute(reply, Vec::new()).await.expect("a script");
    browser.wait_for_text("#subject-problem", "Write something first.").await;
    assert_eq!(browser.value("[name=comment]").await, "Kept");
    assert_eq!(browser.focus().await, "subject");
    browser.check_refused("help-new-refused", 422).await;

    browser.go(&format!("/help/tickets/{ticket}")).await;
    browser.wait_for_text(".ticket-facts", "Support keeps the status").await;
    browser.check("help-locked").await;
    browser.go("/help/tickets/999").await;
    browser.wait_for_text("h1", "Not found").await;
    browser.check_refused("help-not-found", 404).await;

    browser.go("/help/sign-in").await;
    browser.go("/help").await;
    browser.click("[action='/help/look'] button").await;
    browser.find(":root[data-theme=light]").await;
    browser.click("[action='/help/sign-out'] button").await;
    sign_in(&browser, &scene.agent.email, PASSWORD).await;
    browser.wait_for_text(".problem", "You work at the desk. Go to the desk").await;
    browser.check_refused("help-sign-in-staff", 403).await;
}
