//! Who may manage what: every endpoint but those of tickets, by everybody.

use std::collections::BTreeMap;

use ferrodesk::domain::user::Role;
use http::Method;
use serde_json::{Value, json};

use super::home::staff;
use super::office::Office;
use crate::rights::customers::revoked_key;
use crate::rights::pages::at_the_console;
use crate::support::{Answer, Client};

const EVERYBODY: &[Role] = &[Role::ReadOnly, Role::TeamAgent, Role::Agent, Role::Admin];
const AGENTS: &[Role] = &[Role::TeamAgent, Role::Agent, Role::Admin];
const ADMINS: &[Role] = &[Role::Admin];

/// Method, path as the description has it, who may, a body that is right, and the status of success.
type Endpoint = (Method, &'static str, &'static [Role], Value, u16);

/// Every endpoint but those of tickets and events.
fn endpoints() -> Vec<Endpoint> {
    let get = |path, roles| (Method::GET, path, roles, Value::Null, 200);
    let add = |path, roles, body| (Method::POST, path, roles, body, 201);
    let change = |path, roles, body| (Method::PATCH, path, roles, body, 200);
    let delete = |path, roles| (Method::DELETE, path, roles, Value::Null, 204);
    let provider = json!({ "issuer": "https://new.example", "audience": "a", "jwks_url": "https://new.example/keys" });
    let user = json!({ "email": "new@acme.example", "role": "agent", "password": "a long enough password" });
    vec![
        get("/desk/attachments/{attachment_id}", EVERYBODY),
        get("/desk/requesters", EVERYBODY),
        add("/desk/requesters", AGENTS, json!({ "email": "new@customer.example" })),
        get("/desk/requesters/{requester_id}", EVERYBODY),
        change("/desk/requesters/{requester_id}", AGENTS, json!({ "name": "N" })),
        get("/desk/users", EVERYBODY),
        add("/desk/users", ADMINS, user),
        get("/desk/users/{user_id}", EVERYBODY),
        change("/desk/users/{user_id}", ADMINS, json!({ "name": "N" })),
        get("/desk/me", EVERYBODY),
        change("/desk/me", EVERYBODY, json!({ "shortcuts": false })),
        get("/desk/teams", EVERYBODY),
        add("/desk/teams", ADMINS, json!({ "name": "New" })),
        get("/desk/teams/{team_id}", EVERYBODY),
        change("/desk/teams/{team_id}", ADMINS, json!({ "name": "N" })),
        get("/desk/categories", EVERYBODY),
        add("/desk/categories", ADMINS, json!({ "name": "New" })),
        get("/desk/categories/{category_id}", EVERYBODY),
        change("/desk/categories/{category_id}", ADMINS, json!({ "name": "N" })),
        get("/desk/tags", EVERYBODY),
        add("/desk/tags", ADMINS, json!({ "tag": "New", "keyword": "new" })),
        get("/desk/tags/{tag_id}", EVERYBODY),
        change("/desk/tags/{tag_id}", ADMINS, json!({ "tag": "N" })),
        get("/desk/apikeys", ADMINS),
        add("/desk/apikeys", ADMINS, json!({ "name": "New" })),
        get("/desk/apikeys/{apikey_id}", ADMINS),
        delete("/desk/apikeys/{apikey_id}", ADMINS),
        get("/desk/identity-providers", ADMINS),
        add("/desk/identity-providers", ADMINS, provider),
        get("/desk/identity-providers/{provider_id}", ADMINS),
        change("/desk/identity-providers/{provider_id}", ADMINS, json!({ "audience": "b" })),
        delete("/desk/identity-providers/{provider_id}", ADMINS),
        get("/desk/canned-replies", EVERYBODY),
        add("/desk/canned-replies", AGENTS, json!({ "shortcut": "new", "body": "New" })),
        get("/desk/canned-replies/{reply_id}", EVERYBODY),
        change("/desk/canned-replies/{reply_id}", ADMINS, json!({ "body": "N" })),
        delete("/desk/canned-replies/{reply_id}", ADMINS),
        get("/desk/views", EVERYBODY),
        add("/desk/views", EVERYBODY, json!({ "name": "New", "query": "status=open" })),
        get("/desk/views/{view_id}", EVERYBODY),
        change("/desk/views/{view_id}", ADMINS, json!({ "name": "N" })),
        delete("/desk/views/{view_id}", ADMINS),
        get("/desk/workspace", EVERYBODY),
        change("/desk/workspace", ADMINS, json!({ "reopen_on_reply": false })),
        get("/desk/audit", ADMINS),
    ]
}

/// Method and path of each, to be held against the description.
pub fn listed() -> Vec<(String, String)> {
    endpoints().into_iter().map(|(method, path, ..)| (method.to_string(), path.to_owned())).collect()
}

async fn send(client: &Client, method: &Method, path: &str, body: &Value) -> Answer {
    match body {
        Value::Null => client.send(method.clone(), path, None, "").await,
        body => client.send(method.clone(), path, Some("application/json"), body.to_string()).await,
    }
}

/// What stands in the description's paths for the ids of things of Acme.
async fn ids(office: &Office) -> BTreeMap<&'static str, i64> {
    let (_, file) = office.home.desk.file("a.txt", b"a").await;
    let mut ids = BTreeMap::from([("{attachment_id}", file)]);
    let key = office.add("/desk/apikeys", &json!({ "name": "Key" })).await;
    ids.insert("{apikey_id}", key["id"].as_i64().expect("an id"));
    for thing in office.things().await {
        let (path, id) = thing.path.rsplit_once('/').expect("a path");
        let name = match path.rsplit('/').next() {
            Some("requesters") => "{requester_id}",
            Some("users") => "{user_id}",
            Some("teams") => "{team_id}",
            Some("categories") => "{category_id}",
            Some("tags") => "{tag_id}",
            Some("canned-replies") => "{reply_id}",
            Some("views") => "{view_id}",
            Some("identity-providers") => "{provider_id}",
            _ => continue,
        };
        ids.insert(name, id.parse().expect("an id"));
    }
    ids
}

#[tokio::test]
async fn everybody_manages_what_they_may_and_no_more() {
    let office = Office::new().await;
    let ids = ids(&office).await;
    let foreign = office.foreign_admin().await;
    let (_, reader) = office.home.hire("rea@acme.example", Role::ReadOnly).await;
    let (_, in_no_team) = office.home.hire("tim@acme.example", Role::TeamAgent).await;
    let customer = staff(&office.home.desk, &office.home.desk.ann);
    let stranger = office.home.desk.app.stranger();
    // Those who may not come first, so that there is still something that they may not change.
    let (gone, ended) = office.home.hire("eve@acme.example", Role::Admin).await;
    let ended_console = at_the_console(&office.home.desk, &gone).await;
    office.home.desk.lock_out(&gone).await;
    let revoked = revoked_key(&office.home.desk).await;
    let forged = stranger.clone().header("authorization", "Bearer eyJhbGciOiJub25lIn0.e30.");
    let console = at_the_console(&office.home.desk, &office.home.gus).await;
    let callers: [(&str, &Client, Option<Role>); 12] = [
        ("a stranger", &stranger, None),
        ("a forged token", &forged, None),
        ("an ended session", &ended, None),
        ("an ended session at the console", &ended_console, None),
        ("a revoked apikey", &revoked, None),
        ("a customer", &customer, None),
        ("another workspace's admin", &foreign, Some(Role::Admin)),
        ("who only reads", &reader, Some(Role::ReadOnly)),
        ("an agent of no team", &in_no_team, Some(Role::TeamAgent)),
        ("an agent", &office.home.agent, Some(Role::Agent)),
        ("an agent at the console", &console, Some(Role::Agent)),
        ("the admin", &office.admin, Some(Role::Admin)),
    ];
    for (method, described, roles, body, success) in endpoints() {
        let path = ids.iter().fold(described.to_owned(), |path, (name, id)| path.replace(name, &id.to_string()));
        let names_a_thing = path != described;
        for (who, client, role) in callers {
            let count = office.entries().await;
            // What must be unique is another's each time.
            let body: Value = serde_json::from_str(&body.to_string().replace("new", &format!("new{}", who.len())))
                .expect("still JSON");
            let answer = send(client, &method, &path, &body).await;
            let expected = match role {
                None if who == "a customer" => 403,
                None => 401,
                Some(role) if !roles.contains(&role) => 403,
                Some(_) if names_a_thing && who == "another workspace's admin" => 404,
                // The file is on a ticket of no team.
                Some(Role::TeamAgent) if described.contains("attachment") => 404,
                Some(_) => success,
            };
            let got = answer.status.as_u16();
            assert_eq!(got, expected, "{who}: {method} {path}: {answer:?}");
            if expected >= 400 {
                assert_eq!(office.entries().await, count, "{who}: {method} {path} changed something");
                assert_eq!(answer.header("content-type"), "application/problem+json");
            }
        }
    }
}

#[tokio::test]
async fn what_everybody_shares_is_the_admins_to_change_and_what_is_ones_own_is_not() {
    let office = Office::new().await;
    let shared_reply = json!({ "shortcut": "hi", "body": "Hello", "shared": true });
    let shared_view = json!({ "name": "High", "query": "priority=high", "shared": true });
    let agent = &office.home.agent;
    for (path, body) in [("/desk/canned-replies", shared_reply), ("/desk/views", shared_view)] {
        assert_eq!(agent.post_json(path, &body).await.status.as_u16(), 403, "{path}");
        let mut own = body.clone();
        own["shared"] = json!(false);
        let own = agent.post_json(path, &own).await;
        assert_eq!(own.status.as_u16(), 201, "{path}");
        // Not even an admin sees what is another's own.
        let own = format!("{path}/{}", own.json()["id"]);
        for answer in [
            office.admin.get(&own).await,
            office.change(&own, &json!({})).await,
            super::office::delete(&office.admin, &own).await,
        ] {
            assert_eq!(answer.status.as_u16(), 404, "{own}");
        }
    }
}
