//! `/desk/me`

use serde_json::json;

use super::home::{assert_fields, ok, staff};
use super::office::{Office, each, patch};
use crate::support::PASSWORD;

const PATH: &str = "/desk/me";

#[tokio::test]
async fn it_says_who_the_caller_is_and_what_they_may() {
    let office = Office::new().await;
    let rights = json!(["read-tickets", "work-tickets", "keep-own", "write-canned-replies", "manage-requesters"]);
    let expected = json!({
        "id": office.home.gus.requester.user, "email": "gus@acme.example", "name": "", "role": "agent",
        "rights": rights, "shortcuts": true, "workspace": "Acme",
    });
    assert_eq!(ok(&office.home.agent.get(PATH).await), expected);
    let admins = office.read(PATH).await["rights"].clone();
    assert_eq!(admins.as_array().expect("rights").len(), ferrodesk::app::desk::rights::RIGHTS.len());
}

#[tokio::test]
async fn name_and_shortcuts_are_the_callers_to_choose() {
    let office = Office::new().await;
    let agent = &office.home.agent;
    let me = ok(&patch(agent, PATH, &json!({ "name": " Gus ", "shortcuts": false })).await);
    assert_eq!((&me["name"], &me["shortcuts"]), (&json!("Gus"), &json!(false)));
    assert_eq!(ok(&agent.get(PATH).await), me);
    // The name is what customers and colleagues are shown.
    assert_eq!(each(&office.read("/desk/users").await["users"], "name"), ["Gus", ""]);
    let answer = patch(agent, PATH, &json!({ "role": "admin" })).await;
    assert_eq!(answer.status.as_u16(), 400, "nobody gives themselves a role");
}

#[tokio::test]
async fn a_new_password_takes_the_old_one_and_ends_all_sessions() {
    let office = Office::new().await;
    let desk = &office.home.desk;
    let token = desk.app.sign_in(&desk.acme, office.home.gus.requester).await;
    let elsewhere = staff(desk, &crate::support::SignedIn { token, ..office.home.gus.clone() });
    let change = json!({ "password": { "current": PASSWORD, "new": "another password" } });
    ok(&patch(&office.home.agent, PATH, &change).await);
    for client in [&office.home.agent, &elsewhere] {
        assert_eq!(client.get(PATH).await.status, 401);
    }
    for (password, status) in [(PASSWORD, 401), ("another password", 200)] {
        let login = json!({ "username": "gus@acme.example", "password": password });
        let answer = desk.app.application(&desk.acme).post_json("/user/login/", &login).await;
        assert_eq!(answer.status.as_u16(), status, "{password}");
    }
    let entry = office.last_entry().await;
    let gus = office.home.gus.requester.user;
    let expected =
        json!({ "actor": gus, "kind": "user.password_changed", "subject": gus, "before": null, "after": null });
    assert_eq!(entry, expected);
}

#[tokio::test]
async fn who_does_not_know_the_current_password_changes_nothing() {
    let office = Office::new().await;
    let agent = &office.home.agent;
    let change = |current: &str, new: &str| json!({ "name": "G", "password": { "current": current, "new": new } });
    let answer = patch(agent, PATH, &change("a guess", "another password")).await;
    assert_fields(&answer, &[("password.current", "It is not the current password.")]);
    let answer = patch(agent, PATH, &change(PASSWORD, "short")).await;
    let words = "A password must have 8 characters or more, and 1024 bytes at the most.";
    assert_fields(&answer, &[("password.new", words)]);
    let answer = patch(agent, PATH, &json!({ "password": { "new": "another password" } })).await;
    assert_fields(&answer, &[("password.current", "Missing field `current`.")]);
    assert_eq!(ok(&agent.get(PATH).await)["name"], "");
}

#[tokio::test]
async fn guessing_the_current_password_is_as_slow_as_guessing_at_the_door() {
    let app = crate::support::TestApp::with(|config| config.login_failures_per_account = 2);
    let desk = crate::support::Desk::at(app).await;
    let gus = desk.app.user(&desk.acme, "gus@acme.example", ferrodesk::domain::user::Role::Agent).await;
    let agent = staff(&desk, &gus);
    let guess = json!({ "password": { "current": "a guess", "new": "another password" } });
    for expected in [400, 400, 429] {
        assert_eq!(patch(&agent, PATH, &guess).await.status.as_u16(), expected);
    }
    let login = json!({ "username": "gus@acme.example", "password": PASSWORD });
    assert_eq!(desk.app.application(&desk.acme).post_json("/user/login/", &login).await.status.as_u16(), 429);
}
