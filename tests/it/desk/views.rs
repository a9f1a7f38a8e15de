//! `/desk/views`

use serde_json::{Value, json};

use super::home::{assert_fields, created, ok};
use super::office::{Office, assert_gone, delete, each, patch};

const PATH: &str = "/desk/views";
const BUILT_IN: [&str; 7] = ["Mine", "Unassigned", "Open", "Processing", "Snoozed", "Closed", "All"];

#[tokio::test]
async fn the_built_in_views_are_first_then_what_is_shared_then_ones_own() {
    let office = Office::new().await;
    let agent = &office.home.agent;
    let own = created(&agent.post_json(PATH, &json!({ "name": "Own", "query": "text=a%26b&sort=created" })).await);
    let expected = json!({
        "id": own["id"], "name": "Own", "query": "text=a%26b&sort=created", "shared": false,
        "created_at": "2027-01-15T08:00:00Z",
    });
    assert_eq!(own, expected);
    office.add(PATH, &json!({ "name": "High", "query": "priority=high", "shared": true })).await;
    office.add(PATH, &json!({ "name": "Ada's", "query": "assignee=me" })).await;
    let views = ok(&agent.get(PATH).await)["views"].clone();
    let expected: Vec<_> = BUILT_IN.iter().copied().chain(["High", "Own"]).collect();
    assert_eq!(each(&views, "name"), expected);
    assert_eq!(each(&views, "id").iter().filter(|id| id.is_null()).count(), BUILT_IN.len());
    assert!(views.as_array().expect("a list").iter().all(|view| view.get("count").is_none()));
    let path = format!("{PATH}/{}", own["id"]);
    let changed = ok(&patch(agent, &path, &json!({ "name": "Renamed", "query": "" })).await);
    assert_eq!((&changed["name"], &changed["query"]), (&json!("Renamed"), &json!("")));
    assert_gone(&delete(agent, &path).await);
    assert_eq!(each(&ok(&agent.get(PATH).await)["views"], "name"), expected[..8]);
}

#[tokio::test]
async fn a_view_counts_what_its_query_lists() {
    let office = Office::new().await;
    let home = &office.home;
    let gus = home.gus.requester.user;
    let mut tickets = Vec::new();
    for _ in 0..5 {
        tickets.push(home.desk.ticket().await);
    }
    for (ticket, change) in [
        (tickets[0], json!({ "assignee": gus })),
        (tickets[1], json!({ "status": "closed" })),
        (tickets[2], json!({ "snoozed_until": "2999-01-01T00:00:00Z" })),
        (tickets[3], json!({ "priority": "high" })),
    ] {
        ok(&home.change(ticket, &change).await);
    }
    office.add(PATH, &json!({ "name": "High", "query": "priority=high", "shared": true })).await;
    let views = ok(&home.agent.get(&format!("{PATH}?counts=true")).await)["views"].clone();
    assert_eq!(each(&views, "count"), [1, 2, 2, 1, 1, 1, 5, 1]);
    for view in views.as_array().expect("a list") {
        let query = view["query"].as_str().expect("a query");
        let listed = ok(&home.agent.get(&format!("/desk/tickets?{query}")).await);
        assert_eq!(json!(listed["tickets"].as_array().expect("a list").len()), view["count"], "{view}");
    }
    // `me` is whoever looks.
    assert_eq!(office.read(&format!("{PATH}?counts=true")).await["views"][0]["count"], 0);
    let (_, tim) = home.hire("tim@acme.example", ferrodesk::domain::user::Role::TeamAgent).await;
    let within_reach = each(&ok(&tim.get(&format!("{PATH}?counts=true")).await)["views"], "count");
    assert!(within_reach.iter().all(|count| *count == 0), "{within_reach:?}");
    assert_fields(&tim.get(&format!("{PATH}?counts=yes")).await, &[("counts", "It must be true or false.")]);
}

#[tokio::test]
async fn a_query_must_be_one_that_the_list_can_read() {
    let office = Office::new().await;
    let view = office.add(PATH, &json!({ "name": "V", "query": "status=open" })).await;
    let path = format!("{PATH}/{}", view["id"]);
    let about_pages = "A view has no limit, cursor or count.";
    for (query, field, words) in [
        ("colour=red", "query.colour", "There is no such parameter."),
        ("status=ajar", "query.status", "It must be any of open, processing, closed."),
        ("team=x", "query.team", "It must be a team's id, or none."),
        ("limit=5", "query", about_pages),
        ("count=true", "query", about_pages),
        ("cursor=abc", "query", about_pages),
    ] {
        let answer = office.admin.post_json(PATH, &json!({ "name": "W", "query": query })).await;
        assert_fields(&answer, &[(field, words)]);
        assert_fields(&office.change(&path, &json!({ "query": query })).await, &[(field, words)]);
    }
    assert_eq!(office.read(&path).await, view);
    assert_ne!(view["id"], Value::Null);
}
