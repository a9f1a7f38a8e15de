//! The list of tickets and a ticket's page.

use std::time::Duration;

use ferrodesk::domain::Priority;
use ferrodesk::domain::conversation::Visibility;
use rstest::rstest;
use serde_json::json;

use super::Scene;
use super::driver::{NARROW, Setup, WIDE};
use crate::support::CONVERSATION;

/// A PNG of one pixel.
const PIXEL: &[u8] = include_bytes!("pixel.png");

/// A desk with a few tickets, of which the first has seen some work: its id.
pub async fn busy(scene: &Scene) -> i64 {
    let desk = &scene.desk;
    let later = |minutes| desk.app.clock.advance(Duration::from_mins(minutes));
    let ticket = desk.ticket_with(&[("screen.png", PIXEL), ("log <1>.txt", b"09:40:12 504\n")]).await;
    later(4);
    desk.answer(scene.agent.requester, ticket, Visibility::Public, None).await;
    later(3);
    desk.answer(scene.agent.requester, ticket, Visibility::Internal, None).await;
    later(5);
    let reply = json!({ "ticket": ticket, "comment": "Since **Monday**:\n\n- `504`\n- <script>alert(1)</script>\n\nSee https://status.example" });
    assert!(desk.client.post_json(CONVERSATION, &reply).await.status.is_success());
    later(2);
    let others = [
        ("Cannot sign in after the update", "The page reloads and asks for the password again.", Priority::High),
        ("Please add a dark theme", "Half of us work at night.", Priority::Low),
        ("Export to CSV stops at 10 000 rows", "The file ends in the middle of a line.", Priority::Medium),
    ];
    for (subject, comment, priority) in others {
        let fields = desk.ticket_fields().with("subject", subject).with("comment", comment);
        let answer =
            desk.client.post_json(crate::support::CREATE, &fields.with("priority", priority.code()).json()).await;
        assert!(answer.status.is_success());
    }
    ticket
}

#[rstest]
#[case::wide(WIDE)]
#[case::narrow(NARROW)]
#[case::dark(WIDE.dark())]
#[tokio::test(flavor = "multi_thread")]
async fn the_list_leads_to_the_ticket_and_back(#[case] setup: Setup) {
    let scene = Scene::new().await;
    let ticket = busy(&scene).await;
    let browser = scene.signed_in(setup).await;
    browser.wait_for_text(".list-head .title", "Open").await;
    browser.wait_for_text(".list-head .count", "3").await;
    browser.check("list").await;

    browser.click(".list-head [popovertarget=filters]").await;
    browser.find(".filters:popover-open").await;
    browser.check("filters").await;
    browser.click(".filters [name=priority] option[value=high]").await;
    browser.wait_for_text(".chips", "Priority: High").await;
    browser.wait_for_text(".list-head .count", "1").await;
    assert!(browser.text(".rows").await.contains("Cannot sign in after the update"));
    browser.check("list-filtered").await;

    browser.click(".list-head [popovertarget=filters]").await;
    browser.click(".filters > .more summary").await;
    browser.write(".filters [name=name]", " ").await;
    browser.check("save-view").await;
    browser.click(".filters [action='/desk/views'] button").await;
    browser.wait_for_text(".card .problem", "1 to 200 characters").await;
    browser.check_refused("save-view-refused", 422).await;
    browser.write(".card [name=name]", "Urgent").await;
    browser.click(".card button").await;
    browser.wait_for_text(".list-head .title", "Urgent").await;
    browser.wait_for_text(".said", "View saved.").await;
    assert!(browser.text(".rows").await.contains("Cannot sign in after the update"));
    browser.check("list-of-saved-view").await;

    browser.go("/desk/tickets?view=all").await;
    browser.click(".list-head [popovertarget=filters]").await;
    browser.click(".filters .fields .more summary").await;
    browser.write(".filters [name=created_from]", "01152027").await;
    browser.check("filters-dates").await;
    browser.click(".filters .primary").await;
    browser.wait_for_text(".chips", "Opened from: 2027-01-15").await;
    browser.wait_for_text(".list-head .count", "4").await;

    browser.go("/desk/tickets?view=7&colour=red").await;
    browser.wait_for_text(".list-problem", "“colour”").await;
    browser.check("list-unreadable").await;

    browser.go("/desk/tickets?view=all").await;
    browser.click(&format!(".row .subject[href^='/desk/tickets/{ticket}?']")).await;
    browser.wait_for_text("h1", "Invoice").await;
    assert!(browser.text(".note .note-mark").await.starts_with("Internal note"));
    assert_eq!(browser.text(".timeline .text li:last-child").await, "<script>alert(1)</script>");
    browser.check("ticket").await;

    if setup.width < 600 {
        assert!(!browser.find(".list").await.is_displayed().await.expect("a pane"), "one pane at a time");
        browser.click(".conversation [popovertarget=details]").await;
        browser.find(".details:popover-open").await;
        browser.check("details").await;
        browser.click(".details [popovertargetaction=hide]").await;
        browser.click(".conversation .pane-head a").await;
        browser.wait_for_text(".list-head .title", "All tickets").await;
        browser.click(".list-head [popovertarget=views]").await;
        browser.find(".views:popover-open").await;
        browser.check("views").await;
    }
}

#[rstest]
#[case::wide(WIDE)]
#[case::narrow(NARROW)]
#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_answered_and_closed_without_scripts(#[case] setup: Setup) {
    let scene = Scene::new().await;
    let ticket = busy(&scene).await;
    let browser = scene.signed_in(setup.without_scripts()).await;
    browser.go(&format!("/desk/tickets/{ticket}?view=all")).await;

    browser.click("[name=kind][value=note] + .icon").await;
    browser.write(".composer textarea", "Looks like the load balancer.").await;
    browser.check("composer-note").await;
    browser.click(".composer .primary").await;
    browser.wait_for_text(".said", "Only staff can see it.").await;
    browser.wait_for_text(".timeline", "load balancer").await;

    browser.write(".composer textarea", "It is **fixed**.").await;
    browser.click(".composer [name=then][value=close]").await;
    browser.wait_for_text(".said", "Reply sent.").await;
    browser.wait_for_text("main .quick", "Reopen").await;
    browser.check("ticket-closed").await;

    assert_eq!(scene.desk.status(ticket).await, "3");
    let said = scene.desk.view(ticket).await.to_string();
    assert!(said.contains("It is **fixed**.") && !said.contains("load balancer"), "{said}");

    browser.click("main .quick [name=status]").await;
    browser.wait_for_text(".said", "Saved.").await;
    browser.click(".said button").await;
    browser.wait_for_text(".said", "Undone.").await;
    assert_eq!(scene.desk.status(ticket).await, "3");
    browser.assert_quiet().await;
}

#[rstest]
#[case::wide(WIDE)]
#[tokio::test(flavor = "multi_thread")]
async fn fields_save_themselves_where_scripts_run(#[case] setup: Setup) {
    let scene = Scene::new().await;
    let ticket = busy(&scene).await;
    let browser = scene.signed_in(setup).await;
    browser.go(&format!("/desk/tickets/{ticket}?view=all")).await;
    browser.click(".details [name=priority] option[value=high]").await;
    browser.wait_for_text(".timeline", "Hana Sato set the priority to High").await;
    browser.click(".details .tag-choice").await;
    browser.wait_for_text(".timeline", "Hana Sato set the tags to Refund").await;
    browser.click("main .quick [name=assignee]").await;
    browser.wait_for_text(".timeline", "Hana Sato took it").await;
    browser.check("ticket-worked").await;
    let view = scene.desk.view(ticket).await;
    assert_eq!(view["ticket"]["priority"], "3", "{view}");
}
