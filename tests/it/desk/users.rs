//! `/desk/users`

use ferrodesk::domain::user::Role;
use http::Method;
use serde_json::json;

use super::home::{assert_fields, assert_problem, created, ok, staff};
use super::office::{Office, each, patch};
use crate::support::PASSWORD;

const PATH: &str = "/desk/users";
const LAST: &str = "This is the last active admin: nobody else could run the workspace.";

#[tokio::test]
async fn an_admin_adds_an_agent_who_signs_in_and_works() {
    let office = Office::new().await;
    let desk = &office.home.desk;
    let uma = json!({ "email": "uma@acme.example", "name": "Uma", "role": "agent", "password": "only for today" });
    let answer = office.admin.post_json(PATH, &uma).await;
    let user = created(&answer);
    let id = &user["id"];
    let expected = json!({
        "id": id, "email": "uma@acme.example", "name": "Uma", "role": "agent", "active": true,
        "created_at": "2027-01-15T08:00:00Z",
    });
    assert_eq!(user, expected);
    let login = json!({ "username": "uma@acme.example", "password": "only for today" });
    let tokens = desk.app.application(&desk.acme).post_json("/user/login/", &login).await.json();
    let token = tokens["access"].as_str().expect("a token");
    let client = desk.app.stranger().header("authorization", &format!("Bearer {token}"));
    assert_eq!(ok(&client.get("/desk/tickets").await)["tickets"], json!([]));
    let entry = office.last_entry().await;
    assert_eq!(
        (&entry["kind"], &entry["subject"], &entry["after"]["role"]),
        (&json!("user.added"), id, &json!("agent"))
    );
    assert!(!entry.to_string().contains("today") && !entry.to_string().contains("argon2"), "{entry}");
    let names = each(&ok(&client.get(PATH).await)["users"], "email");
    assert_eq!(names, ["gus@acme.example", "ada@acme.example", "uma@acme.example"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_new_user_is_named() {
    let office = Office::new().await;
    let add = async |member: &str, value: serde_json::Value| {
        let mut body = json!({ "email": "uma@acme.example", "role": "agent", "password": "only for today" });
        body[member] = value;
        office.admin.post_json(PATH, &body).await
    };
    let words = "It must be one of read-only, team-agent, agent, admin.";
    assert_fields(&add("role", json!("customer")).await, &[("role", words)]);
    let words = "A password must have 8 characters or more, and 1024 bytes at the most.";
    assert_fields(&add("password", json!("short")).await, &[("password", words)]);
    assert_fields(&add("email", json!("uma")).await, &[("email", "\"uma\" is not an e-mail address.")]);
    let taken = add("email", json!("Gus@acme.example")).await;
    assert_problem(&taken, 409, "conflict", "There is a user \"Gus@acme.example\" already.");
    assert_eq!(ok(&office.admin.get(PATH).await)["users"].as_array().expect("a list").len(), 2);
}

#[tokio::test]
async fn another_role_password_or_none_at_all_ends_sessions_at_once() {
    let office = Office::new().await;
    let desk = &office.home.desk;
    let changes =
        [json!({ "role": "read-only" }), json!({ "password": "another password" }), json!({ "active": false })];
    for (number, change) in changes.into_iter().enumerate() {
        let email = format!("u{number}@acme.example");
        let (user, client) = office.home.hire(&email, Role::Agent).await;
        let path = format!("{PATH}/{}", user.requester.user);
        assert_eq!(ok(&office.change(&path, &json!({ "name": "U" })).await)["name"], "U");
        // A name is nothing that ends a session.
        assert_eq!(client.get("/desk/tickets").await.status, 200);
        ok(&office.change(&path, &change).await);
        assert_eq!(client.get("/desk/tickets").await.status, 401, "{change}");
        let signs_in = async |password: &str| {
            let login = json!({ "username": email, "password": password });
            desk.app.application(&desk.acme).post_json("/user/login/", &login).await.status.as_u16()
        };
        let expected = [(200, 401), (401, 200), (401, 401)][number];
        assert_eq!((signs_in(PASSWORD).await, signs_in("another password").await), expected, "{change}");
    }
    let kinds = each(&office.read("/desk/audit?limit=6").await["entries"], "kind");
    let told = "user.changed";
    assert_eq!(kinds, [told, told, "user.password_changed", told, told, told]);
}

#[tokio::test]
async fn a_new_role_is_what_counts_from_then_on() {
    let office = Office::new().await;
    let gus = format!("{PATH}/{}", office.home.gus.requester.user);
    ok(&office.change(&gus, &json!({ "role": "admin" })).await);
    let user = &office.home.gus;
    let token = office.home.desk.app.sign_in(&office.home.desk.acme, user.requester).await;
    let client = staff(&office.home.desk, &crate::support::SignedIn { token, ..user.clone() });
    ok(&client.get("/desk/audit").await);
}

#[tokio::test]
async fn the_last_active_admin_stays() {
    let office = Office::new().await;
    let ada = format!("{PATH}/{}", office.ada.requester.user);
    for change in [json!({ "role": "agent" }), json!({ "active": false }), json!({ "role": "read-only", "name": "A" })]
    {
        assert_problem(&office.change(&ada, &change).await, 409, "conflict", LAST);
    }
    ok(&office.admin.get("/desk/me").await);
    let (zac, zacs) = office.home.hire("zac@acme.example", Role::Admin).await;
    // One who is not active does not count.
    let zac = format!("{PATH}/{}", zac.requester.user);
    ok(&office.change(&zac, &json!({ "active": false })).await);
    assert_problem(&office.change(&ada, &json!({ "active": false })).await, 409, "conflict", LAST);
    ok(&office.change(&zac, &json!({ "active": true })).await);
    ok(&office.change(&ada, &json!({ "active": false })).await);
    assert_eq!(office.admin.get("/desk/me").await.status, 401);
    assert_eq!(zacs.get("/desk/me").await.status, 401, "that session was ended before");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_admins_who_demote_each_other_at_once_do_not_both_succeed() {
    let office = Office::new().await;
    for round in 0..8 {
        let email = format!("a{round}@acme.example");
        let (one, client) = office.home.hire(&email, Role::Admin).await;
        let (other, others) = office.home.hire(&format!("b{round}@acme.example"), Role::Admin).await;
        // The two are the only ones.
        let ada = format!("{PATH}/{}", office.ada.requester.user);
        ok(&patch(&client, &ada, &json!({ "active": false })).await);
        let (ones, their) = (format!("{PATH}/{}", one.requester.user), format!("{PATH}/{}", other.requester.user));
        let demote = json!({ "role": "agent" });
        let (first, second) = tokio::join!(patch(&client, &their, &demote), patch(&others, &ones, &demote));
        let mut answers = [first.status.as_u16(), second.status.as_u16()];
        answers.sort_unstable();
        // Who comes second is no admin any more, or the last.
        assert!(answers[0] == 200 && [401, 403, 409].contains(&answers[1]), "{answers:?}");
        let workspace = office.home.desk.acme.id;
        let ada = office.ada.requester.user;
        let left = office
            .home
            .desk
            .app
            .write(move |tx| {
                let all = ferrodesk::storage::queries::people::staff(tx, workspace)?;
                let admins: Vec<_> =
                    all.into_iter().filter(|person| person.active && person.role == Role::Admin).collect();
                // For the next round, the desk is Ada's again.
                ferrodesk::storage::queries::users::set_active(tx, workspace, ada, true)?;
                for admin in &admins {
                    ferrodesk::storage::queries::users::set_active(tx, workspace, admin.id, false)?;
                }
                tx.bump_revision()?;
                Ok(admins.len())
            })
            .await;
        assert_eq!(left, 1);
    }
}

#[tokio::test]
async fn whoever_may_not_change_users_learns_it_before_a_password_is_hashed() {
    let office = Office::new().await;
    // A password that is too short would be a 400.
    let body = json!({ "email": "uma@acme.example", "role": "agent", "password": "short" });
    assert_eq!(office.home.agent.post_json(PATH, &body).await.status.as_u16(), 403);
    let gus = format!("{PATH}/{}", office.home.gus.requester.user);
    let answer = patch(&office.home.agent, &gus, &json!({ "password": "short" })).await;
    assert_eq!(answer.status.as_u16(), 403);
    let nobody = office.home.desk.app.stranger();
    assert_eq!(nobody.send(Method::DELETE, &gus, None, "").await.status.as_u16(), 401);
}
