//! The customers' endpoints of the description, by everybody.

use ferrodesk::app::manage::apikeys;
use ferrodesk::domain::user::Role;
use ferrodesk::domain::{ApplicationId, Clock as _};
use ferrodesk::identity::apikey::Apikey;
use http::Method;
use serde_json::{Value, json};

use super::{Route, described};
use crate::support::{Client, Desk, PASSWORD, SignedIn, TestWorkspace, fields_of};

/// What an endpoint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// Who is calling, or the workspace.
    Caller,
    /// A ticket of the caller's.
    Ticket,
    /// An application alone.
    Application,
}

/// What the requests are about.
struct Case<'a> {
    workspace: &'a TestWorkspace,
    ticket: i64,
    file: i64,
    refresh: String,
}

struct Endpoint {
    method: Method,
    path: &'static str,
    about: About,
    query: fn(&Case<'_>) -> String,
    body: fn(&Case<'_>) -> Value,
    /// The status for another's ticket.
    anothers: u16,
}

/// Every endpoint of customers.
fn endpoints() -> Vec<Endpoint> {
    let get = |path, about, query, anothers| Endpoint {
        method: Method::GET,
        path,
        about,
        query,
        body: |_| Value::Null,
        anothers,
    };
    let post = |path, about, body, anothers| Endpoint {
        method: Method::POST,
        path,
        about,
        query: |_| String::new(),
        body,
        anothers,
    };
    let none = |_: &Case<'_>| String::new();
    vec![
        get("/support/get/category-list/", About::Caller, none, 200),
        get("/support/get/ticket/tags/", About::Caller, none, 200),
        get("/support/get/ticket/history/", About::Caller, none, 200),
        get("/support/ticket/detailed-view/", About::Ticket, |case| format!("?ticket_id={}", case.ticket), 400),
        get("/support/ticket/download/{attachment_id}/", About::Ticket, none, 404),
        post("/support/create/ticket/", About::Caller, |case| fields_of(case.workspace).json(), 200),
        post(
            "/support/update/ticket/",
            About::Ticket,
            |case| json!({ "ticket_id": case.ticket, "priority": "3", "tags": [case.workspace.tag.0] }),
            400,
        ),
        post(
            "/support/ticket/conversation/",
            About::Ticket,
            |case| json!({ "ticket": case.ticket, "comment": "C" }),
            400,
        ),
        post("/support/ticket/status/", About::Ticket, |case| json!({ "ticket": case.ticket, "status": "3" }), 400),
        post(
            "/user/login/",
            About::Application,
            |_| json!({ "username": "ann@customer.example", "password": PASSWORD }),
            200,
        ),
        post("/user/token/refresh/", About::Application, |case| json!({ "refresh": case.refresh }), 200),
    ]
}

#[test]
fn every_endpoint_of_the_description_is_in_this_table() {
    let sorted = |mut routes: Vec<Route>| {
        routes.sort_by_key(|(method, path)| (path.clone(), method.to_string()));
        routes
    };
    let here = endpoints().into_iter().map(|endpoint| (endpoint.method, endpoint.path.to_owned())).collect();
    let of_customers = described().into_iter().filter(|(_, path)| !path.starts_with("/desk/")).collect();
    assert_eq!(sorted(here), sorted(of_customers));
}

/// A client that sends an apikey which was revoked a moment ago, and nothing else.
pub async fn revoked_key(desk: &Desk) -> Client {
    let (workspace, at, key) = (desk.acme.id, desk.app.clock.now(), Apikey::generate(&*desk.app.entropy));
    let sent = key.reveal().to_owned();
    let id: ApplicationId = desk.app.write(move |tx| apikeys::add(tx, workspace, "revoked", &key, at)).await;
    let of_ann = desk.client.clone().header("apikey", &sent);
    assert_eq!(of_ann.get("/support/get/ticket/history/").await.status.as_u16(), 200, "it works before");
    desk.app.write(move |tx| apikeys::revoke(tx, workspace, id, at)).await;
    desk.app.stranger().header("apikey", &sent)
}

/// What a caller may expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Is {
    /// Refused everywhere.
    Nobody,
    /// Only an application.
    Application,
    /// Somebody, but not whose ticket it is.
    Another,
    /// Of another workspace.
    Foreign,
    Owner,
}

#[tokio::test]
async fn customers_get_what_is_theirs_and_no_more() {
    let desk = Desk::new().await;
    let (globex, foreigner) = desk.foreigner().await;
    desk.set(Some(1_000), None).await;
    let user = async |email: &str, role| desk.app.user(&desk.acme, email, role).await;
    let (bob, gus) = (user("bob@customer.example", Role::Customer).await, user("gus@acme.example", Role::Agent).await);
    let ada = user("ada@acme.example", Role::Admin).await;
    let gone = user("gone@customer.example", Role::Customer).await;
    let client = |who: &SignedIn| desk.app.client(&desk.acme, who);
    let (ended, unlocked) = (client(&gone), desk.app.application(&desk.acme));
    desk.lock_out(&gone).await;
    let (stranger, revoked) = (desk.app.stranger(), revoked_key(&desk).await);
    // Who does most comes last, so that there is something to be refused until then.
    let callers = [
        ("a stranger", stranger.clone(), Is::Nobody),
        (
            "a token without an apikey",
            stranger.header("authorization", &format!("Bearer {}", desk.ann.token)),
            Is::Nobody,
        ),
        ("a revoked apikey", revoked.clone(), Is::Nobody),
        (
            "a token with a revoked apikey",
            revoked.header("authorization", &format!("Bearer {}", desk.ann.token)),
            Is::Nobody,
        ),
        ("an apikey alone", unlocked.clone(), Is::Application),
        ("a forged token", unlocked.header("authorization", "Bearer eyJhbGciOiJub25lIn0.e30."), Is::Application),
        ("an ended session", ended, Is::Application),
        ("a token of another workspace", client(&desk.ann).header("apikey", &globex.apikey), Is::Foreign),
        ("another workspace's customer", foreigner, Is::Foreign),
        ("another customer", client(&bob), Is::Another),
        ("an agent", client(&gus), Is::Another),
        ("an admin", client(&ada), Is::Another),
        ("the owner", desk.client.clone(), Is::Owner),
    ];
    for endpoint in endpoints() {
        for (who, client, is) in &callers {
            let (ticket, file) = desk.file("a.txt", b"a").await;
            let login = json!({ "username": desk.ann.email, "password": PASSWORD });
            let signed_in = desk.app.application(&desk.acme).post_json("/user/login/", &login).await.json();
            let refresh = signed_in["refresh"].as_str().expect("a token").to_owned();
            let case = Case { workspace: &desk.acme, ticket, file, refresh };
            let path = endpoint.path.replace("{attachment_id}", &case.file.to_string()) + &(endpoint.query)(&case);
            let (before, tickets) = (desk.view(ticket).await, desk.tickets().await);
            let answer = match (endpoint.body)(&case) {
                Value::Null => client.get(&path).await,
                body => client.post_json(&path, &body).await,
            };
            let is_token_foreign = *who == "a token of another workspace";
            let expected = match (endpoint.about, is) {
                (About::Caller | About::Ticket, Is::Foreign) if is_token_foreign => 401,
                // Ann's password and token are nobody's in another workspace.
                (_, Is::Nobody)
                | (About::Caller | About::Ticket, Is::Application)
                | (About::Application, Is::Foreign) => 401,
                // Another workspace has no such category.
                (About::Caller, Is::Foreign) if endpoint.path.contains("create") => 400,
                (About::Application | About::Caller, _) | (_, Is::Owner) => 200,
                (About::Ticket, _) => endpoint.anothers,
            };
            let (method, got) = (&endpoint.method, answer.status.as_u16());
            assert_eq!(got, expected, "{who}: {method} {}: {}", endpoint.path, String::from_utf8_lossy(&answer.body));
            if *is != Is::Owner && endpoint.about == About::Ticket {
                assert_eq!(desk.view(ticket).await, before, "{who}: {} changed the ticket", endpoint.path);
            }
            if expected >= 400 {
                assert_eq!(desk.tickets().await, tickets, "{who}: {} opened a ticket", endpoint.path);
            }
        }
    }
}
