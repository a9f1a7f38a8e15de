//! An agent at work, with scripts: by keys alone, many tickets at once, and with second thoughts.

use fantoccini::key::Key;
use rstest::rstest;

use super::Scene;
use super::driver::{Browser, NARROW, Setup, WIDE};
use super::tickets::busy;
use crate::support::CREATE;

/// The key `key` together with the control key.
fn control(key: &str) -> String {
    format!("{}{key}{}", char::from(Key::Control), char::from(Key::Null))
}

fn enter() -> String {
    char::from(Key::Enter).to_string()
}

fn escape() -> String {
    char::from(Key::Escape).to_string()
}

/// Waits until the customer's API shows `part` of the ticket.
async fn customer_sees(scene: &Scene, ticket: i64, part: &str) {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let view = scene.desk.view(ticket).await.to_string();
        if view.contains(part) {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "the customer does not see {part:?} but {view}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_worked_by_keys_alone() {
    let scene = Scene::new().await;
    let ticket = busy(&scene).await;
    let browser = scene.signed_in(WIDE).await;

    // Through the list: two down, one up, open.
    for key in ["j", "j", "k"] {
        browser.press(key).await;
    }
    assert!(browser.focus().await.contains("Cannot sign in after the update"), "{}", browser.focus().await);
    browser.press(&enter()).await;
    browser.wait_for_text("h1", "Cannot sign in").await;

    // To another view and to its last ticket, which is the one that has seen some work.
    browser.press("g").await;
    browser.press("a").await;
    browser.wait_for_text(".list-head .title", "All tickets").await;
    for _ in 0..4 {
        browser.press("j").await;
    }
    browser.press("o").await;
    browser.wait_for_text("h1", "Invoice").await;
    assert!(browser.place().await.starts_with(&format!("/desk/tickets/{ticket}?")));

    // Priority, assignee, tags.
    browser.press("p").await;
    assert_eq!(browser.focus().await, "priority");
    browser.press(&format!("{}{}", char::from(Key::Up), enter())).await;
    browser.wait_for_text(".timeline", "Hana Sato set the priority to High").await;
    browser.press("a").await;
    assert_eq!(browser.focus().await, "assignee");
    browser.press("Hana").await;
    browser.press(&enter()).await;
    browser.wait_for_text(".timeline", "Hana Sato took it").await;
    browser.press("t").await;
    browser.press(" ").await;
    browser.wait_for_text(".timeline", "Hana Sato set the tags to Refund").await;

    // A note, which no customer sees; then a reply that closes the ticket.
    browser.press("n").await;
    browser.press("The load balancer, I think.").await;
    browser.press(&control(&enter())).await;
    browser.wait_for_text(".said", "Sending").await;
    browser.wait_for_text(".timeline", "The load balancer").await;
    browser.press(&escape()).await;
    browser.press("r").await;
    browser.press("It is fixed.").await;
    browser.press(&control(&enter())).await;
    customer_sees(&scene, ticket, "It is fixed.").await;
    browser.press(&escape()).await;
    browser.press("s").await;
    browser.press("Closed").await;
    browser.press(&enter()).await;
    browser.wait_for_text("main .quick", "Reopen").await;
    assert_eq!(scene.desk.status(ticket).await, "3");
    assert!(!scene.desk.view(ticket).await.to_string().contains("load balancer"));
    browser.check("worked-by-keys").await;

    // The list of keys, and without them.
    browser.press("?").await;
    browser.find("#keys[open]").await;
    browser.check("keys").await;
    browser.click("#keys [name=shortcuts]").await;
    browser.wait_until_gone("#keys").await;
    browser.press("?").await;
    browser.press("r").await;
    assert!(browser.look_for("#keys[open]").await.is_none(), "keys are off");
    assert_ne!(browser.focus().await, "comment");
    browser.assert_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_palette_finds_tickets_views_and_what_can_be_done() {
    let scene = Scene::new().await;
    let ticket = busy(&scene).await;
    let browser = scene.signed_in(WIDE).await;
    browser.press(&control("k")).await;
    browser.wait_for_text("#palette", "Unassigned").await;
    browser.press("dark theme").await;
    browser.wait_for_text("#palette .entries li:first-child", "Please add a dark theme · Ann Ito").await;
    browser.check("palette").await;
    browser.press(&enter()).await;
    browser.wait_for_text("h1", "Please add a dark theme").await;

    browser.go(&format!("/desk/tickets/{ticket}?view=all")).await;
    browser.press(&control("k")).await;
    browser.press("high").await;
    browser.wait_for_text("#palette .entries li:first-child", "Priority: High").await;
    browser.check("palette-action").await;
    browser.press(&format!("{}{}", char::from(Key::Down), enter())).await;
    browser.wait_for_text(".timeline", "Hana Sato set the priority to High").await;
    browser.wait_for_text(".said", "Saved.").await;

    browser.press(&control("k")).await;
    browser.press("xyzzy").await;
    browser.wait_for_text("#palette", "Nothing fits").await;
    browser.press(&escape()).await;
    browser.wait_until_gone("#palette").await;
    browser.assert_quiet().await;
}

/// Writes an answer in the composer, behind what stands there, and sends it.
async fn send(browser: &Browser, answer: &str) {
    browser.write(".composer textarea", answer).await;
    browser.click(".composer .primary").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_can_be_taken_back_for_five_seconds() {
    let scene = Scene::new().await;
    let ticket = busy(&scene).await;
    let browser = scene.signed_in(WIDE).await;
    browser.go(&format!("/desk/tickets/{ticket}?view=all")).await;
    send(&browser, "Too early").await;
    browser.wait_for_text(".said", "Sending in five seconds.").await;
    browser.check("held-back").await;
    browser.click(".said [data-undo]").await;
    assert_eq!(browser.value(".composer textarea").await, "Too early");
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    assert!(!scene.desk.view(ticket).await.to_string().contains("Too early"), "it was taken back");

    // Who leaves the page means it.
    send(&browser, ", but now").await;
    browser.wait_for_text(".said", "Sending").await;
    browser.click(".view-list a[href$=open]").await;
    customer_sees(&scene, ticket, "Too early, but now").await;
    assert_eq!(scene.desk.view(ticket).await.to_string().matches("Too early").count(), 1);

    // On to the next ticket, while the answer may still be taken back there.
    browser.go(&format!("/desk/tickets/{ticket}?view=all&sort=created")).await;
    browser.write(".composer textarea", "Solved.").await;
    browser.click(".composer [value=next]").await;
    browser.wait_for_text("h1", "Cannot sign in").await;
    browser.wait_for_text(".said", "Sending").await;
    assert!(!scene.desk.view(ticket).await.to_string().contains("Solved."));
    customer_sees(&scene, ticket, "Solved.").await;
    assert_eq!(scene.desk.status(ticket).await, "3");
    browser.assert_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_confirmation_was_lost_is_sent_again_and_said_once() {
    let scene = Scene::new().await;
    let ticket = busy(&scene).await;
    let browser = scene.signed_in(WIDE).await;
    browser.go(&format!("/desk/tickets/{ticket}?view=all")).await;
    // The server takes the first answer, and the browser does not hear of it.
    let lose = "const real = window.fetch; let lost; window.fetch = async (...asked) => {
        const answer = await real(...asked);
        if (lost || !String(asked[0]).endsWith('/answer')) return answer;
        throw lost = new TypeError('lost');
    };";
    browser.client.execute(lose, Vec::new()).await.expect("a script");
    send(&browser, "We found it.").await;
    browser.wait_for_text(".said", "It could not be sent.").await;
    assert_eq!(browser.value(".composer textarea").await, "We found it.");
    customer_sees(&scene, ticket, "We found it.").await;
    browser.click(".composer .primary").await;
    browser.wait_for_text(".said", "Sending").await;
    browser.wait_until_gone(".said").await;

    // What is written next on the same page is another answer.
    send(&browser, "It is mended.").await;
    customer_sees(&scene, ticket, "It is mended.").await;
    assert_eq!(scene.desk.view(ticket).await.to_string().matches("We found it.").count(), 1);
    browser.assert_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_are_kept_and_texts_are_completed() {
    let scene = Scene::new().await;
    let ticket = busy(&scene).await;
    scene.desk.canned(scene.agent.requester, "refund", "Your money is on its way.").await;
    let place = format!("/desk/tickets/{ticket}?view=all");
    let browser = scene.signed_in(WIDE).await;
    browser.go(&place).await;
    browser.press("n").await;
    browser.press("Look, @han").await;
    browser.wait_for_text("#completions", "Hana Sato").await;
    browser.check("mention").await;
    browser.press(&enter()).await;
    assert_eq!(browser.value(".composer textarea").await, "Look, @Hana Sato");
    browser.press(" ::ref").await;
    browser.wait_for_text("#completions", "Your money").await;
    browser.press(&enter()).await;
    assert_eq!(browser.value(".composer textarea").await, "Look, @Hana Sato Your money is on its way.");

    // Another browser has it too, as the note that it is.
    browser.go("/desk/tickets?view=all").await;
    let elsewhere = scene.signed_in(NARROW).await;
    elsewhere.go(&place).await;
    assert_eq!(elsewhere.value(".composer textarea").await, "Look, @Hana Sato Your money is on its way.");
    assert_eq!(elsewhere.value("[name=kind]:checked").await, "note");
    elsewhere.check("draft").await;
    elsewhere.click(".composer .primary").await;
    elsewhere.wait_for_text(".timeline", "Your money is on its way.").await;
    elsewhere.go(&place).await;
    assert_eq!(elsewhere.value(".composer textarea").await, "");
    elsewhere.assert_quiet().await;
    browser.assert_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_dropped_and_pasted() {
    let scene = Scene::new().await;
    let ticket = busy(&scene).await;
    let browser = scene.signed_in(WIDE).await;
    browser.go(&format!("/desk/tickets/{ticket}?view=all")).await;
    let give = "const given = new DataTransfer();
        given.items.add(new File(['bytes'], arguments[1], { type: 'text/plain' }));
        const data = arguments[0] === 'drop' ? { dataTransfer: given } : { clipboardData: given };
        const Kind = arguments[0] === 'drop' ? DragEvent : ClipboardEvent;
        document.querySelector('.composer textarea')
            .dispatchEvent(new Kind(arguments[0], { ...data, bubbles: true, cancelable: true }));";
    for (how, name) in [("drop", "dropped.txt"), ("paste", "pasted.txt")] {
        browser.client.execute(give, vec![how.into(), name.into()]).await.expect("an event");
    }
    browser.write(".composer textarea", "Both files.").await;
    browser.check("files-given").await;
    browser.click(".composer .primary").await;
    browser.wait_for_text(".timeline > :last-child .files", "dropped.txt").await;
    browser.wait_for_text(".timeline > :last-child .files", "pasted.txt").await;
    browser.assert_quiet().await;
}

async fn choose(browser: &Browser, tickets: &[i64]) {
    for ticket in tickets {
        browser.click(&format!("#row-{ticket} .choose")).await;
    }
}

#[rstest]
#[case::wide(WIDE)]
#[case::narrow(NARROW)]
#[case::without_scripts(WIDE.without_scripts())]
#[tokio::test(flavor = "multi_thread")]
async fn many_tickets_are_changed_at_once(#[case] setup: Setup) {
    let scene = Scene::new().await;
    let ticket = busy(&scene).await;
    let browser = scene.signed_in(setup).await;
    browser.go("/desk/tickets?view=all").await;
    choose(&browser, &[ticket, ticket + 1, ticket + 2]).await;
    browser.wait_until_gone(".list-head").await;
    if setup.scripts {
        browser.wait_for_text(".bulk .chosen", "3 chosen").await;
    }
    browser.check("chosen").await;
    browser.click(".bulk [name=status] option[value=closed]").await;
    browser.click(".bulk [name=priority] option[value=low]").await;
    browser.click(".bulk .primary").await;
    browser.wait_for_text(".said", "3 tickets changed.").await;
    for ticket in ticket..ticket + 3 {
        assert_eq!(scene.desk.status(ticket).await, "3");
        assert_eq!(scene.desk.view(ticket).await["ticket"]["priority"], "1");
    }
    assert_eq!(scene.desk.status(ticket + 3).await, "1");
    browser.assert_quiet().await;
}

#[rstest]
#[case::wide(WIDE)]
#[case::narrow(NARROW)]
#[tokio::test(flavor = "multi_thread")]
async fn tickets_are_merged_snoozed_locked_and_named_anew(#[case] setup: Setup) {
    let scene = Scene::new().await;
    let ticket = busy(&scene).await;
    let place = format!("/desk/tickets/{ticket}?view=all");
    let browser = scene.signed_in(setup).await;
    let open_more = async || {
        browser.click(".conversation [popovertarget=more]").await;
        browser.find("#more:popover-open").await;
    };
    browser.go(&place).await;
    open_more().await;
    browser.check("more").await;
    let subject = browser.find("#more [name=subject]").await;
    subject.clear().await.expect("an empty field");
    subject.send_keys("Invoice of May").await.expect("keys");
    subject.send_keys(&enter()).await.expect("a key");
    browser.wait_for_text("h1", "Invoice of May").await;

    open_more().await;
    browser.click("#more [value='+1440']").await;
    browser.wait_for_text(".timeline", "snoozed it until").await;
    open_more().await;
    browser.click("#more [name=locked]").await;
    browser.wait_for_text(".timeline", "Hana Sato locked the status").await;
    browser.click(".said button").await;
    browser.wait_for_text(".timeline", "Hana Sato unlocked the status").await;

    open_more().await;
    browser.write("#more [name=into]", "99").await;
    browser.click("#more form[action$=merge] button").await;
    browser.wait_for_text(".problem", "Merge into: There is no 99 here.").await;
    browser.check_refused("merge-refused", 422).await;
    open_more().await;
    browser.write("#more [name=into]", &format!("#{}", ticket + 1)).await;
    browser.click("#more form[action$=merge] button").await;
    browser.wait_for_text("h1", "Cannot sign in").await;
    browser.wait_for_text(".said", "Merged.").await;
    browser.wait_for_text(".timeline", "It is wrong").await;
    browser.check("merged").await;
    browser.go(&place).await;
    browser.wait_for_text(".banner", "This ticket was merged into").await;
    browser.check("merged-away").await;
}

#[rstest]
#[case::wide(WIDE)]
#[case::narrow(NARROW)]
#[case::without_scripts(WIDE.without_scripts())]
#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_opened_for_who_called(#[case] setup: Setup) {
    let scene = Scene::new().await;
    let browser = scene.signed_in(setup).await;
    browser.click(".list-head a[href$=new]").await;
    browser.write("[name=requester]", "ann").await;
    if setup.scripts {
        browser.find("#requesters option[value='ann@customer.example']").await;
    }
    browser.write("[name=requester]", "@customer.example").await;
    browser.write("[name=subject]", "Called about an invoice").await;
    browser.write("[name=comment]", "Wants it by post.").await;
    browser.click("[name=priority] option[value=high]").await;
    browser.check("new-ticket").await;
    browser.click(".fields .primary").await;
    browser.wait_for_text("h1", "Called about an invoice").await;
    browser.wait_for_text(".said", "Ticket opened.").await;
    browser.wait_for_text(".timeline", "Wants it by post.").await;
    browser.assert_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_ticket_is_unread_until_it_is_looked_at() {
    let scene = Scene::new().await;
    let answer = scene.desk.client.post_json(CREATE, &scene.desk.ticket_fields().json()).await;
    let ticket = answer.ticket_id();
    let browser = scene.signed_in(WIDE).await;
    browser.find(&format!("#row-{ticket}.unread")).await;
    browser.click(".row .subject").await;
    browser.wait_for_text("h1", "Invoice").await;
    browser.click(".view-list a[href$=all]").await;
    browser.wait_for_text(".list-head .title", "All tickets").await;
    browser.wait_until_gone(".unread").await;
    browser.assert_quiet().await;
}
