//! The API's description, as a page.

use super::Scene;
use super::driver::WIDE;

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_shown_within_its_policy() {
    let scene = Scene::new().await;
    let browser = scene.browser(WIDE).await;
    browser.go("/docs/").await;
    browser.wait_for_text(".swagger-ui .info .title", "Ferrodesk").await;
    browser.wait_for_text(".swagger-ui", "/support/create/ticket").await;
    browser.assert_quiet().await;
    let answer = scene.desk.app.stranger().get("//docs/").await;
    assert!(answer.header("content-security-policy").contains("script-src 'self';"));
}
