//! The settings, from which an admin runs the workspace.

use ferrodesk::domain::user::Role;
use rstest::rstest;

use super::Scene;
use super::driver::{NARROW, Setup, WIDE};

const PARTS: [&str; 12] = [
    "me",
    "requesters",
    "canned-replies",
    "views",
    "users",
    "teams",
    "categories",
    "tags",
    "apikeys",
    "identity-providers",
    "workspace",
    "audit",
];

#[rstest]
#[case::wide(WIDE)]
#[case::narrow(NARROW)]
#[case::dark(WIDE.dark())]
#[case::without_scripts(WIDE.without_scripts())]
#[tokio::test(flavor = "multi_thread")]
async fn an_admin_adds_changes_and_removes_and_the_log_tells(#[case] setup: Setup) {
    let scene = Scene::new().await;
    let ada = scene.desk.app.user(&scene.desk.acme, "ada@acme.example", Role::Admin).await;
    scene.desk.name(ada.requester, "Ada Lovelace").await;
    let browser = scene.signed_in_as(&ada, setup).await;
    browser.go("/desk/settings").await;
    browser.check("settings").await;
    for part in PARTS {
        browser.go(&format!("/desk/settings/{part}")).await;
        browser.check(&format!("settings-{part}")).await;
        if browser.look_for(&format!("a[href='/desk/settings/{part}/new']")).await.is_some() {
            browser.go(&format!("/desk/settings/{part}/new")).await;
            browser.check(&format!("settings-{part}-new")).await;
        }
    }

    browser.go("/desk/settings/teams/new").await;
    browser.write("[name=name]", "Billing crew").await;
    browser.click(".sheet .primary").await;
    browser.wait_for_text(".said", "Added.").await;
    browser.click(".things .subject").await;
    browser.wait_for_text("h1", "Billing crew").await;
    browser.write("[name=name]", " and more").await;
    browser.click(".sheet .primary").await;
    browser.wait_for_text(".said", "Saved.").await;
    browser.wait_for_text(".things", "Billing crew and more").await;
    browser.check("settings-teams-changed").await;

    // Two of one name are refused where it was typed.
    browser.go("/desk/settings/teams/new").await;
    browser.write("[name=name]", "Billing crew and more").await;
    browser.click(".sheet .primary").await;
    browser.wait_for_text("#name-problem", "This is taken already.").await;
    browser.check_refused("settings-teams-taken", 409).await;

    // A key is shown once, and can be revoked.
    browser.go("/desk/settings/apikeys/new").await;
    browser.write("[name=name]", "The shop").await;
    browser.click(".sheet .primary").await;
    browser.find(".secret").await;
    browser.check("settings-apikey").await;
    browser.click(".sheet .primary").await;
    browser.wait_for_text(".things", "The shop").await;

    browser.go("/desk/settings/audit").await;
    browser.wait_for_text(".things", "Ada Lovelace").await;
    browser.wait_for_text(".things", "Billing crew").await;
    browser.check("settings-audit-filled").await;
    browser.assert_quiet().await;
}
