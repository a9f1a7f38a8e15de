//! Signing in to the console, and out.

use rstest::rstest;

use super::driver::{NARROW, Setup, WIDE};
use super::{Scene, sign_in};
use crate::support::PASSWORD;

#[rstest]
#[case::wide(WIDE)]
#[case::narrow(NARROW)]
#[case::dark(WIDE.dark())]
#[tokio::test(flavor = "multi_thread")]
async fn who_knows_the_password_comes_in_and_goes(#[case] setup: Setup) {
    let scene = Scene::new().await;
    let browser = scene.browser(setup).await;
    browser.go("/desk/tickets?view=closed").await;
    assert_eq!(browser.place().await, "/desk/sign-in?next=%2Fdesk%2Ftickets%3Fview%3Dclosed");
    browser.check("sign-in").await;

    sign_in(&browser, &scene.agent.email, "not the password").await;
    browser.wait_for_text(".problem", "do not belong together").await;
    browser.check_refused("sign-in-wrong", 403).await;
    let kept = browser.find("[name=email]").await.prop("value").await.expect("a value");
    assert_eq!(kept.as_deref(), Some(&*scene.agent.email));

    sign_in(&browser, &scene.agent.email, PASSWORD).await;
    browser.find(".desk").await;
    assert_eq!(browser.place().await, "/desk/tickets?view=closed");
    browser.check("empty-view").await;

    if setup.width < 600 {
        browser.click(".list-head [popovertarget=views]").await;
    }
    browser.click("[action='/desk/sign-out'] button").await;
    browser.find("[name=password]").await;
    browser.go("/desk/tickets").await;
    browser.find("[name=password]").await;
    browser.assert_quiet().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_told_that_the_desk_is_for_staff() {
    let scene = Scene::new().await;
    let browser = scene.browser(WIDE).await;
    browser.go("/desk").await;
    sign_in(&browser, &scene.desk.ann.email, PASSWORD).await;
    browser.wait_for_text(".problem", "This desk is for staff.").await;
    browser.check_refused("sign-in-customer", 403).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_locked_out_elsewhere_is_out_at_the_next_click() {
    let scene = Scene::new().await;
    let browser = scene.signed_in(WIDE).await;
    scene.desk.lock_out(&scene.agent).await;
    browser.click(".view-list a[href$=all]").await;
    browser.find("[name=password]").await;
    sign_in(&browser, &scene.agent.email, PASSWORD).await;
    browser.wait_for_text(".problem", "deactivated").await;
    browser.check_refused("sign-in-inactive", 403).await;
}
