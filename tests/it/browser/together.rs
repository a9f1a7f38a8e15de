//! What others do shows up by itself, and takes nothing from whoever is at work.

use ferrodesk::domain::conversation::Visibility;
use ferrodesk::domain::user::Role;
use serde_json::json;

use super::driver::{Browser, WIDE};
use super::tickets::busy;
use super::{Scene, sign_in};
use crate::postgres::proxy::{Mode, Proxy};
use crate::support::{CONVERSATION, CREATE, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_on_one_ticket_see_each_other() {
    let scene = Scene::new().await;
    let ticket = busy(&scene).await;
    let gus = scene.desk.app.user(&scene.desk.acme, "gus@acme.example", Role::Agent).await;
    scene.desk.name(gus.requester, "Gus Li").await;
    let place = format!("/desk/tickets/{ticket}?view=all");
    let hanas = scene.signed_in(WIDE).await;
    hanas.go(&place).await;
    let guss = scene.signed_in_as(&gus, WIDE).await;
    guss.go(&place).await;
    guss.wait_for_text("#presence", "Hana Sato is here too").await;
    guss.write(".composer textarea", "I am on it").await;
    hanas.wait_for_text("#presence", "Gus Li is writing").await;
    hanas.check("presence").await;

    // Hana is writing when Gus's answer comes.
    hanas.write(".composer textarea", "Half a sent").await;
    guss.click(".composer .primary").await;
    hanas.wait_for_text(".timeline", "I am on it").await;
    hanas.wait_for_text(".changed", "New on this ticket").await;
    hanas.check("changed-under-you").await;
    hanas.write(".composer textarea", "ence").await;
    assert_eq!(hanas.value(".composer textarea").await, "Half a sentence");
    hanas.click(".changed a").await;
    hanas.assert_quiet().await;
    guss.assert_quiet().await;

    // Who leaves is gone.
    guss.go("/desk/tickets").await;
    hanas.wait_until_gone("#presence .present").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_and_the_conversation_are_live() {
    let scene = Scene::new().await;
    let ticket = busy(&scene).await;
    let browser = scene.signed_in(WIDE).await;
    browser.go(&format!("/desk/tickets/{ticket}?view=open")).await;
    browser.wait_for_text(".view-list a[href$=open] .count", "3").await;
    for key in ["j", "j"] {
        browser.press(key).await;
    }
    browser.click(&format!("#row-{} .choose", ticket + 1)).await;
    browser.press("j").await;

    let fields = scene.desk.ticket_fields().with("subject", "The newest of all");
    assert!(scene.desk.client.post_json(CREATE, &fields.json()).await.status.is_success());
    browser.wait_for_text(".rows", "The newest of all").await;
    browser.wait_for_text(".view-list a[href$=open] .count", "4").await;
    browser.find(".row :focus").await;
    browser.click(&format!("#row-{} .choose:checked", ticket + 1)).await;
    browser.wait_for_text("#total", "4").await;

    let reply = json!({ "ticket": ticket, "comment": "And it happened again." });
    assert!(scene.desk.client.post_json(CONVERSATION, &reply).await.status.is_success());
    browser.wait_for_text(".timeline > :last-child", "it happened again").await;
    scene.desk.answer(scene.agent.requester, ticket, Visibility::Internal, None).await;
    browser.wait_for_text(".timeline > :last-child", "Internal note").await;
    browser.assert_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_gone_is_said_and_comes_back() {
    let scene = Scene::new().await;
    let ticket = busy(&scene).await;
    let desk = format!("http://{}/", scene.listening.address);
    let network = Proxy::to(&desk);
    let browser = Browser::open(network.url(&desk).trim_end_matches('/'), WIDE).await;
    browser.go(&format!("/desk/tickets/{ticket}?view=all")).await;
    sign_in(&browser, &scene.agent.email, PASSWORD).await;
    browser.write(".composer textarea", "Still here").await;
    network.set(Mode::Refuse);
    network.cut();
    browser.wait_for_text(".away", "The connection is gone.").await;
    let fields = scene.desk.ticket_fields().with("subject", "Opened meanwhile");
    assert!(scene.desk.client.post_json(CREATE, &fields.json()).await.status.is_success());
    network.set(Mode::Forward);
    browser.wait_until_gone(".away").await;
    browser.wait_for_text(".rows", "Opened meanwhile").await;
    assert_eq!(browser.value(".composer textarea").await, "Still here");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_locked_out_is_led_to_the_sign_in() {
    let scene = Scene::new().await;
    busy(&scene).await;
    let browser = scene.signed_in(WIDE).await;
    browser.go("/desk/tickets?view=all").await;
    scene.desk.lock_out(&scene.agent).await;
    browser.find("[name=password]").await;
}
