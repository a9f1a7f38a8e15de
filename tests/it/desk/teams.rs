//! `/desk/teams`

use ferrodesk::domain::user::Role;
use serde_json::json;

use super::home::{assert_fields, assert_problem, ok};
use super::office::{Office, each};

const PATH: &str = "/desk/teams";

#[tokio::test]
async fn members_reach_the_teams_tickets_at_once_and_lose_them_at_once() {
    let office = Office::new().await;
    let ticket = office.home.desk.ticket().await;
    let (tim, tims) = office.home.hire("tim@acme.example", Role::TeamAgent).await;
    let team = office.add(PATH, &json!({ "name": "Billing" })).await;
    let expected = json!({
        "id": team["id"], "name": "Billing", "active": true, "members": [], "created_at": "2027-01-15T08:00:00Z",
    });
    assert_eq!(team, expected);
    let path = format!("{PATH}/{}", team["id"]);
    ok(&office.home.change(ticket, &json!({ "team": team["id"] })).await);
    let page = format!("/desk/tickets/{ticket}");
    assert_eq!(tims.get(&page).await.status, 404);
    let user = tim.requester.user;
    let changed = ok(&office.change(&path, &json!({ "members": [user, office.ada.requester.user, user] })).await);
    let mut members = vec![user, office.ada.requester.user];
    members.sort_unstable();
    assert_eq!(changed["members"], json!(members));
    ok(&tims.get(&page).await);
    let entry = office.last_entry().await;
    assert_eq!((&entry["before"], &entry["after"]), (&json!({ "members": [] }), &json!({ "members": members })));
    ok(&office.change(&path, &json!({ "members": [] })).await);
    assert_eq!(tims.get(&page).await.status, 404);
}

#[tokio::test]
async fn a_team_that_is_not_active_gets_no_tickets() {
    let office = Office::new().await;
    let ticket = office.home.desk.ticket().await;
    let gus = office.home.gus.requester.user;
    let team = office.add(PATH, &json!({ "name": "Billing", "members": [gus] })).await;
    let path = format!("{PATH}/{}", team["id"]);
    assert_eq!(ok(&office.change(&path, &json!({ "active": false })).await)["members"], json!([gus]));
    let refused = office.home.change(ticket, &json!({ "team": team["id"] })).await;
    assert_eq!(refused.json()["errors"][0]["field"], "team");
    ok(&office.change(&path, &json!({ "active": true })).await);
    ok(&office.home.change(ticket, &json!({ "team": team["id"] })).await);
}

#[tokio::test]
async fn names_are_unique_and_members_are_staff() {
    let office = Office::new().await;
    office.add(PATH, &json!({ "name": "Billing" })).await;
    let other = office.add(PATH, &json!({ "name": "Sales" })).await;
    let path = format!("{PATH}/{}", other["id"]);
    let detail = "There is a team \"Billing\" already.";
    assert_problem(&office.admin.post_json(PATH, &json!({ "name": " Billing " })).await, 409, "conflict", detail);
    assert_problem(&office.change(&path, &json!({ "name": "Billing" })).await, 409, "conflict", detail);
    let ann = office.home.desk.ann.requester.user;
    for stranger in [ann.0, 999_999] {
        let answer = office.change(&path, &json!({ "members": [stranger] })).await;
        assert_fields(
            &answer,
            &[("members", &format!("There is none with the id {stranger}, or it is not in use any more."))],
        );
        assert_eq!(office.admin.post_json(PATH, &json!({ "name": "T", "members": [stranger] })).await.status, 400);
    }
    let answer = office.change(&path, &json!({ "members": vec![1; 1001] })).await;
    assert_fields(&answer, &[("members", "A team has 1000 members at the most.")]);
    assert_eq!(each(&office.read(PATH).await["teams"], "name"), ["Billing", "Sales"]);
}
