//! `/desk/requesters`

use serde_json::{Value, json};

use super::home::{assert_fields, assert_problem, created, ok};
use super::office::{Office, each, patch};
use crate::support::open;

const PATH: &str = "/desk/requesters";

#[tokio::test]
async fn an_agent_adds_a_requester_and_opens_a_ticket_for_them() {
    let office = Office::new().await;
    let agent = &office.home.agent;
    let answer = agent.post_json(PATH, &json!({ "email": " Rik@Customer.example ", "name": "Rik" })).await;
    let rik = created(&answer);
    let id = &rik["id"];
    let expected = json!({
        "id": id, "email": "Rik@Customer.example", "name": "Rik", "active": true, "created_at": "2027-01-15T08:00:00Z",
    });
    assert_eq!(rik, expected);
    assert_eq!(ok(&agent.get(&format!("{PATH}/{id}")).await), rik);
    assert_eq!(answer.header("location"), format!("/api/v1{PATH}/{id}"));
    let ticket = json!({
        "requester": id, "subject": "By phone", "priority": "low", "comment": "They called",
        "category": office.home.desk.acme.category,
    });
    let ticket = created(&agent.post_json("/desk/tickets", &ticket).await);
    assert_eq!(ticket["requester"], json!({ "id": id, "email": "Rik@Customer.example", "name": "Rik" }));
    let entry = office.last_entry().await;
    assert_eq!((&entry["kind"], &entry["subject"]), (&json!("requester.added"), id));
    assert_eq!(entry["actor"], json!(office.home.gus.requester.user));
    assert_eq!(entry["after"]["email"], "Rik@Customer.example");
}

#[tokio::test]
async fn an_address_is_one_users_only_however_it_is_capitalised() {
    let office = Office::new().await;
    for taken in ["ANN@customer.example", "gus@acme.example"] {
        let answer = office.admin.post_json(PATH, &json!({ "email": taken })).await;
        assert_problem(&answer, 409, "conflict", &format!("There is a user \"{taken}\" already."));
    }
    let answer = office.admin.post_json(PATH, &json!({ "email": "nobody" })).await;
    assert_fields(&answer, &[("email", "\"nobody\" is not an e-mail address.")]);
    let answer = office.admin.post_json(PATH, &json!({ "email": "a@b.example", "name": "a\u{7}b" })).await;
    let detail = "The name must have 1 to 200 characters and no control characters.";
    assert_fields(&answer, &[("name", detail)]);
}

#[tokio::test]
async fn who_is_no_longer_active_is_signed_out_at_once() {
    let office = Office::new().await;
    let desk = &office.home.desk;
    let history = "/support/get/ticket/history/";
    assert_eq!(desk.client.get(history).await.status, 200);
    let ann = format!("{PATH}/{}", desk.ann.requester.user);
    assert_eq!(ok(&patch(&office.home.agent, &ann, &json!({ "active": false })).await)["active"], false);
    assert_eq!(desk.client.get(history).await.status, 401);
    let login = json!({ "username": desk.ann.email, "password": crate::support::PASSWORD });
    let answer = desk.app.application(&desk.acme).post_json("/user/login/", &login).await;
    assert_eq!(answer.json()["error_type"], "Inactive Account");
    ok(&patch(&office.home.agent, &ann, &json!({ "active": true })).await);
    // The old session stays ended.
    assert_eq!(desk.client.get(history).await.status, 401);
    assert_eq!(desk.app.application(&desk.acme).post_json("/user/login/", &login).await.status, 200);
}

#[tokio::test]
async fn they_are_found_by_the_beginning_of_address_or_name() {
    let office = Office::new().await;
    for (email, name) in [
        ("zoe@one.example", "Ändra"),
        ("ana@two.example", "Zoe Two"),
        ("bea@three.example", "Bea"),
        ("zoe@four.example", "zoe four"),
        ("percent%@five.example", "_"),
    ] {
        office.add(PATH, &json!({ "email": email, "name": name })).await;
    }
    let found = async |text: &str| {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("text", text).finish();
        each(&office.read(&format!("{PATH}?{query}")).await["requesters"], "email")
    };
    assert_eq!(found("ZOE").await, ["ana@two.example", "zoe@four.example", "zoe@one.example"]);
    assert_eq!(found("zoe@o").await, ["zoe@one.example"]);
    assert_eq!(found("äN").await, ["zoe@one.example"]);
    assert_eq!(found("ea").await, [] as [Value; 0]);
    assert_eq!(found("%").await, [] as [Value; 0]);
    assert_eq!(found("_").await, ["percent%@five.example"]);
    // Staff are none.
    assert_eq!(found("gus").await, [] as [Value; 0]);
    assert_eq!(found("").await.len(), 6);
}

#[tokio::test]
async fn pages_lead_through_all_of_them_once() {
    let office = Office::new().await;
    for number in 0..7 {
        let name = if number % 2 == 0 { "Sam" } else { "" };
        office.add(PATH, &json!({ "email": format!("sam{number}@a.example"), "name": name })).await;
    }
    for (query, expected) in [("text=sam&", 7), ("", 8)] {
        let (mut seen, mut path) = (Vec::new(), format!("{PATH}?{query}limit=3"));
        loop {
            let answer = office.admin.get(&path).await;
            let page = ok(&answer);
            seen.extend(each(&page["requesters"], "email"));
            let link = answer.header("link");
            assert_eq!(page.get("next").is_some(), !link.is_empty());
            let Some(next) = link.strip_prefix("</api/v1").and_then(|rest| rest.strip_suffix(">; rel=\"next\"")) else {
                break;
            };
            path = next.to_owned();
        }
        let mut sorted = seen.clone();
        sorted.sort_by_key(Value::to_string);
        sorted.dedup();
        assert_eq!((seen.len(), &seen), (expected, &sorted), "{query}");
    }
    for (query, field) in [("cursor=*", "cursor"), ("limit=0", "limit"), ("limit=x", "limit"), ("text=%00", "text")] {
        let problem = office.admin.get(&format!("{PATH}?{query}")).await;
        assert_eq!((problem.status.as_u16(), &problem.json()["errors"][0]["field"]), (400, &json!(field)), "{query}");
    }
}

#[tokio::test]
async fn staff_are_no_requesters_and_requesters_no_staff() {
    let office = Office::new().await;
    let (gus, ann) = (office.home.gus.requester.user, office.home.desk.ann.requester.user);
    for path in [format!("{PATH}/{gus}"), format!("/desk/users/{ann}")] {
        assert_problem(&office.admin.get(&path).await, 404, "not-found", "Not found.");
        assert_problem(&office.change(&path, &json!({ "name": "N" })).await, 404, "not-found", "Not found.");
    }
}

#[tokio::test]
async fn an_agent_of_no_team_sees_requesters_but_not_their_tickets() {
    let office = Office::new().await;
    let desk = &office.home.desk;
    open(&desk.client, &desk.acme).await;
    let (_, tim) = office.home.hire("tim@acme.example", ferrodesk::domain::user::Role::TeamAgent).await;
    let ann = desk.ann.requester.user;
    assert_eq!(ok(&tim.get(PATH).await)["requesters"][0]["id"], json!(ann));
    assert_eq!(ok(&tim.get(&format!("/desk/tickets?requester={ann}")).await)["tickets"], json!([]));
}
