//! Messages with files: second thoughts, refusals, and pages that are left.

use std::time::Duration;

use serde_json::json;

use super::driver::{Browser, WIDE};
use super::tickets::busy;
use super::{Scene, sign_in};
use crate::postgres::proxy::{Mode, Proxy};
use crate::support::PASSWORD;

/// Writes `text`, and drops a file of so many bytes beside it.
async fn write_with_file(browser: &Browser, text: &str, bytes: usize) {
    browser.write(".composer textarea", text).await;
    let give = "const given = new DataTransfer();
        given.items.add(new File([new Uint8Array(arguments[0]).fill(1)], 'screen.bin'));
        document.querySelector('.composer textarea')
            .dispatchEvent(new DragEvent('drop', { dataTransfer: given, bubbles: true, cancelable: true }));";
    browser.client.execute(give, vec![json!(bytes)]).await.expect("a file");
}

/// How many files are in the composer.
async fn files(browser: &Browser) -> i64 {
    let count = "return document.querySelector('.composer [type=file]').files.length";
    browser.client.execute(count, Vec::new()).await.expect("a number").as_i64().expect("a number")
}

/// Waits until the customer sees `text` on the ticket, and gives how many files there are.
async fn arrived(scene: &Scene, ticket: i64, text: &str) -> usize {
    for _ in 0..200 {
        let view = scene.desk.view(ticket).await;
        if view.to_string().contains(text) {
            return view["attachments"].as_array().expect("files").len();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{text} does not arrive")
}

async fn at_ticket(scene: &Scene) -> (Browser, i64, usize) {
    let ticket = busy(scene).await;
    let files = scene.desk.view(ticket).await["attachments"].as_array().expect("files").len();
    let browser = scene.signed_in(WIDE).await;
    browser.go(&format!("/desk/tickets/{ticket}?view=all")).await;
    (browser, ticket, files)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_with_a_file_can_be_taken_back_for_five_seconds() {
    let scene = Scene::new().await;
    let (browser, ticket, before) = at_ticket(&scene).await;
    write_with_file(&browser, "Too early", 1000).await;
    browser.click(".composer .primary").await;
    browser.wait_for_text(".said", "Sending in five seconds.").await;
    assert_eq!((files(&browser).await, &*browser.value(".composer textarea").await), (0, ""));
    browser.click(".said [data-undo]").await;
    assert_eq!((files(&browser).await, &*browser.value(".composer textarea").await), (1, "Too early"));
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(!scene.desk.view(ticket).await.to_string().contains("Too early"), "it was taken back");

    browser.click(".composer .primary").await;
    browser.wait_for_text(".timeline > :last-child .files", "screen.bin").await;
    assert_eq!(arrived(&scene, ticket, "Too early").await, before + 1);
    assert_eq!(scene.desk.view(ticket).await.to_string().matches("Too early").count(), 1);
    browser.assert_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_refused_costs_nothing_that_was_written() {
    let scene = Scene::new().await;
    let (browser, ticket, _) = at_ticket(&scene).await;
    write_with_file(&browser, "See the film", 2 * 1024 * 1024 + 1).await;
    browser.click(".composer .primary").await;
    browser.wait_for_text(".said", "A file is larger than 2 MiB.").await;
    assert_eq!((files(&browser).await, &*browser.value(".composer textarea").await), (1, "See the film"));
    browser.check_refused("file-refused", 422).await;
    assert!(!scene.desk.view(ticket).await.to_string().contains("See the film"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_costs_nothing_that_was_written() {
    let scene = Scene::new().await;
    let ticket = busy(&scene).await;
    let desk = format!("http://{}/", scene.listening.address);
    let network = Proxy::to(&desk);
    let browser = Browser::open(network.url(&desk).trim_end_matches('/'), WIDE).await;
    browser.go(&format!("/desk/tickets/{ticket}?view=all")).await;
    sign_in(&browser, &scene.agent.email, PASSWORD).await;
    write_with_file(&browser, "Through the tunnel", 1000).await;
    browser.click(".composer .primary").await;
    browser.wait_for_text(".said", "Sending").await;
    network.set(Mode::Refuse);
    network.cut();
    browser.wait_for_text(".said", "It could not be sent.").await;
    assert_eq!((files(&browser).await, &*browser.value(".composer textarea").await), (1, "Through the tunnel"));
    network.set(Mode::Forward);
    browser.click(".composer .primary").await;
    arrived(&scene, ticket, "Through the tunnel").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_the_page_leaves_no_file_behind() {
    let scene = Scene::new().await;
    let (browser, ticket, before) = at_ticket(&scene).await;
    // What is small, the browser carries on.
    write_with_file(&browser, "On my way out", 1000).await;
    browser.click(".composer .primary").await;
    browser.wait_for_text(".said", "Sending").await;
    browser.click(".view-list a[href$=open]").await;
    browser.wait_for_text(".list-head .title", "Open").await;
    assert_eq!(arrived(&scene, ticket, "On my way out").await, before + 1);

    // What is large goes at once, and whoever leaves is asked.
    browser.go(&format!("/desk/tickets/{ticket}?view=all")).await;
    write_with_file(&browser, "A large one", 1024 * 1024).await;
    browser.click(".composer .primary").await;
    browser.wait_for_text(".said", "Sending").await;
    let leave = "const bars = window.bars = [];
        new MutationObserver(() => bars.push(...document.querySelectorAll('.said progress'))).observe(document.body, { childList: true });
        const leaving = new Event('beforeunload', { cancelable: true });
        dispatchEvent(leaving);
        return leaving.defaultPrevented;";
    assert_eq!(browser.client.execute(leave, Vec::new()).await.expect("an answer"), json!(true));
    assert_eq!(arrived(&scene, ticket, "A large one").await, before + 2);
    browser.wait_for_text(".timeline", "A large one").await;
    let bar = "return window.bars[0]?.value";
    assert_eq!(browser.client.execute(bar, Vec::new()).await.expect("an answer"), json!(1), "it showed how far it was");
    // Nothing is left to ask about.
    let ask = "const leaving = new Event('beforeunload', { cancelable: true });
        dispatchEvent(leaving);
        return leaving.defaultPrevented;";
    assert_eq!(browser.client.execute(ask, Vec::new()).await.expect("an answer"), json!(false));

    // On to the next ticket, once it is sent.
    write_with_file(&browser, "Solved, see there", 1000).await;
    browser.click(".composer [value=next]").await;
    assert_eq!(arrived(&scene, ticket, "Solved, see there").await, before + 3);
    browser.find("h1:not([title^=Invoice])").await;
    assert_eq!(scene.desk.status(ticket).await, "3");
    browser.assert_quiet().await;
}
