//! Who may do what: every endpoint of the description, by everybody.

use ferrodesk::domain::conversation::Visibility;
use ferrodesk::domain::user::Role;
use http::Method;
use serde_json::{Value, json};

use super::home::{Home, staff};
use crate::rights::customers::revoked_key;
use crate::rights::pages::at_the_console;
use crate::support::{Client, open};

/// Who calls, and what is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Anonymous,
    ForgedToken,
    EndedSession,
    EndedConsole,
    RevokedKey,
    Customer,
    OtherCustomer,
    ForeignAdmin,
    ReadOnly,
    TeamAgentOutside,
    TeamAgentInside,
    Agent,
    /// An agent with the console's cookie.
    AtTheConsole,
    Admin,
}

impl By {
    const ALL: [Self; 14] = [
        Self::Anonymous,
        Self::ForgedToken,
        Self::EndedSession,
        Self::EndedConsole,
        Self::RevokedKey,
        Self::Customer,
        Self::OtherCustomer,
        Self::ForeignAdmin,
        Self::ReadOnly,
        Self::TeamAgentOutside,
        Self::TeamAgentInside,
        Self::Agent,
        Self::AtTheConsole,
        Self::Admin,
    ];

    fn role(self) -> Option<Role> {
        match self {
            Self::Anonymous
            | Self::ForgedToken
            | Self::EndedSession
            | Self::EndedConsole
            | Self::RevokedKey
            | Self::Customer
            | Self::OtherCustomer => None,
            Self::ForeignAdmin | Self::Admin => Some(Role::Admin),
            Self::ReadOnly => Some(Role::ReadOnly),
            Self::TeamAgentOutside | Self::TeamAgentInside => Some(Role::TeamAgent),
            Self::Agent | Self::AtTheConsole => Some(Role::Agent),
        }
    }
}

/// What an endpoint asks of its caller, and a request to it that is right.
struct Endpoint {
    method: Method,
    /// As the description has it.
    path: &'static str,
    roles: &'static [Role],
    /// Whether it is about one ticket, which not everybody reaches.
    is_about_a_ticket: bool,
    body: fn(&Case) -> Value,
    success: u16,
}

/// What the requests are about.
struct Case {
    ticket: i64,
    other: i64,
    category: i64,
    customer: i64,
}

const EVERYBODY: &[Role] = &[Role::ReadOnly, Role::TeamAgent, Role::Agent, Role::Admin];
const AGENTS: &[Role] = &[Role::TeamAgent, Role::Agent, Role::Admin];

fn nothing(_: &Case) -> Value {
    Value::Null
}

/// Every endpoint of the desk.
fn endpoints() -> Vec<Endpoint> {
    let of_ticket =
        |method, path, roles, body, success| Endpoint { method, path, roles, is_about_a_ticket: true, body, success };
    let of_all = |method, path, roles, body, success| Endpoint {
        is_about_a_ticket: false,
        ..of_ticket(method, path, roles, body, success)
    };
    vec![
        of_all(Method::GET, "/desk/tickets", EVERYBODY, nothing, 200),
        of_all(
            Method::POST,
            "/desk/tickets",
            AGENTS,
            |case| json!({ "requester": case.customer, "subject": "S", "priority": "low", "category": case.category, "comment": "C" }),
            201,
        ),
        of_all(
            Method::POST,
            "/desk/tickets/bulk",
            AGENTS,
            |case| json!({ "tickets": [case.ticket], "change": {} }),
            200,
        ),
        of_ticket(Method::GET, "/desk/tickets/{ticket_id}", EVERYBODY, nothing, 200),
        of_ticket(Method::PATCH, "/desk/tickets/{ticket_id}", AGENTS, |_| json!({ "priority": "high" }), 200),
        of_ticket(Method::POST, "/desk/tickets/{ticket_id}/replies", AGENTS, |_| json!({ "comment": "C" }), 201),
        of_ticket(Method::POST, "/desk/tickets/{ticket_id}/notes", AGENTS, |_| json!({ "comment": "C" }), 201),
        of_ticket(Method::POST, "/desk/tickets/{ticket_id}/merge", AGENTS, |case| json!({ "into": case.other }), 200),
        of_ticket(Method::PUT, "/desk/tickets/{ticket_id}/seen", EVERYBODY, |_| json!({ "version": 1 }), 200),
        of_ticket(Method::GET, "/desk/tickets/{ticket_id}/draft", AGENTS, nothing, 200),
        of_ticket(Method::PUT, "/desk/tickets/{ticket_id}/draft", AGENTS, |_| json!({ "comment": "C" }), 200),
        of_ticket(Method::PUT, "/desk/tickets/{ticket_id}/presence", EVERYBODY, |_| json!({ "present": true }), 200),
        of_all(Method::GET, "/desk/search", EVERYBODY, nothing, 200),
        of_all(Method::GET, "/desk/events", EVERYBODY, nothing, 200),
    ]
}

/// The endpoints of the desk that the description names, as method and path.
fn described() -> Vec<(String, String)> {
    let document = serde_json::to_value(ferrodesk::http::openapi("/api/v1")).expect("a document");
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("an item").keys() {
            if path.starts_with("/desk/") {
                found.push((method.to_uppercase(), path.clone()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_endpoint_of_the_description_is_in_this_table_or_the_other() {
    let mut here: Vec<_> =
        endpoints().iter().map(|endpoint| (endpoint.method.to_string(), endpoint.path.to_owned())).collect();
    here.extend(super::managed_rights::listed());
    here.sort();
    assert_eq!(here, described());
}

#[tokio::test]
async fn everybody_gets_what_they_may_and_no_more() {
    let home = Home::new().await;
    let (globex, gil) = home.desk.foreigner().await;
    let foreign = open(&gil, &globex).await;
    let boss = home.desk.app.user(&globex, "boss@globex.example", Role::Admin).await;
    let (inside, inside_client) = home.hire("in@acme.example", Role::TeamAgent).await;
    let (_, outside_client) = home.hire("out@acme.example", Role::TeamAgent).await;
    let (_, reader) = home.hire("rea@acme.example", Role::ReadOnly).await;
    let (_, admin) = home.hire("ada@acme.example", Role::Admin).await;
    let (gone, gone_client) = home.hire("gone@acme.example", Role::Admin).await;
    let gone_console = at_the_console(&home.desk, &gone).await;
    let console = at_the_console(&home.desk, &home.gus).await;
    let revoked = revoked_key(&home.desk).await;
    let bob = home.desk.app.user(&home.desk.acme, "bob@customer.example", Role::Customer).await;
    let (workspace, user, at) = (home.desk.acme.id, gone.requester.user, home.desk.app.state.clock().now());
    home.desk
        .app
        .write(move |tx| {
            ferrodesk::storage::queries::sessions::revoke_of_user(tx, workspace, user, at)?;
            Ok(tx.bump_revision()?)
        })
        .await;
    let team = home.team("Billing", &[inside.requester.user.0]).await;
    let client = |by: By| -> Client {
        let stranger = home.desk.app.stranger();
        match by {
            By::Anonymous => stranger,
            By::ForgedToken => stranger.header("authorization", "Bearer eyJhbGciOiJub25lIn0.e30."),
            By::EndedSession => gone_client.clone(),
            By::EndedConsole => gone_console.clone(),
            By::RevokedKey => revoked.clone(),
            By::Customer => staff(&home.desk, &home.desk.ann),
            By::OtherCustomer => staff(&home.desk, &bob),
            By::ForeignAdmin => staff(&home.desk, &boss),
            By::ReadOnly => reader.clone(),
            By::TeamAgentOutside => outside_client.clone(),
            By::TeamAgentInside => inside_client.clone(),
            By::Agent => home.agent.clone(),
            By::AtTheConsole => console.clone(),
            By::Admin => admin.clone(),
        }
    };
    let mut asked = 0;
    for endpoint in endpoints() {
        for by in By::ALL {
            let case = Case {
                ticket: home.desk.ticket().await,
                other: home.desk.ticket().await,
                category: home.desk.acme.category.0,
                customer: home.desk.ann.requester.user.0,
            };
            for ticket in [case.ticket, case.other] {
                home.change(ticket, &json!({ "team": team })).await;
            }
            let before = home.read(case.ticket).await;
            let path = endpoint.path.replace("{ticket_id}", &case.ticket.to_string());
            let answer = match (endpoint.body)(&case) {
                Value::Null => client(by).send(endpoint.method.clone(), &path, None, "").await,
                body => {
                    let body = body.to_string();
                    client(by).send(endpoint.method.clone(), &path, Some("application/json"), body).await
                }
            };
            let reaches = !matches!(by, By::TeamAgentOutside | By::ForeignAdmin);
            let expected = match by.role() {
                None if matches!(by, By::Customer | By::OtherCustomer) => 403,
                None => 401,
                Some(role) if !endpoint.roles.contains(&role) => 403,
                Some(_) if endpoint.is_about_a_ticket && !reaches => 404,
                // Names a customer and a category of another workspace.
                Some(_) if by == By::ForeignAdmin && endpoint.success == 201 => 400,
                Some(_) => endpoint.success,
            };
            let (method, path) = (&endpoint.method, endpoint.path);
            assert_eq!(answer.status.as_u16(), expected, "{by:?} {method} {path}: {}", answer.json());
            if expected >= 400 {
                assert_eq!(answer.header("content-type"), "application/problem+json");
                assert_eq!(home.read(case.ticket).await, before, "{by:?} {method} {path} changed the ticket");
            }
            // Closed, so that the customer's limit of open tickets is not in the way.
            for ticket in [case.ticket, case.other] {
                home.change(ticket, &json!({ "status": "closed" })).await;
            }
            asked += 1;
        }
    }
    assert_eq!(asked, endpoints().len() * By::ALL.len());
    // Whatever they tried, Globex' ticket is as it was.
    let theirs = staff(&home.desk, &boss).get(&format!("/desk/tickets/{foreign}")).await.json();
    assert_eq!(theirs["history"].as_array().expect("a list").len(), 1);
}

#[tokio::test]
async fn notes_and_their_files_never_reach_the_customer() {
    let home = Home::new().await;
    let ticket = home.desk.ticket().await;
    let file = home.desk.stored("note.txt", b"between us").await;
    home.desk.answer(home.gus.requester, ticket, Visibility::Internal, Some(file)).await;
    let seen = home.desk.view(ticket).await;
    assert_eq!((&seen["conversations"], &seen["attachments"]), (&json!([]), &json!([])));
}
