//! A desk with staff, for the tests here.

use ferrodesk::domain::user::Role;
use ferrodesk::storage::Tx;
use http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Desk, SignedIn};

pub const TICKETS: &str = "/desk/tickets";

/// Acme's desk and its staff.
pub struct Home {
    pub desk: Desk,
    pub gus: SignedIn,
    /// An agent, who reaches all tickets.
    pub agent: Client,
}

impl Home {
    pub async fn new() -> Self {
        let desk = Desk::new().await;
        let gus = desk.app.user(&desk.acme, "gus@acme.example", Role::Agent).await;
        let agent = staff(&desk, &gus);
        Self { desk, gus, agent }
    }

    /// Another member of staff of Acme, signed in.
    pub async fn hire(&self, email: &str, role: Role) -> (SignedIn, Client) {
        let user = self.desk.app.user(&self.desk.acme, email, role).await;
        let client = staff(&self.desk, &user);
        (user, client)
    }

    /// A team of Acme with these members.
    pub async fn team(&self, name: &'static str, members: &[i64]) -> i64 {
        let workspace = self.desk.acme.id.0;
        let members = members.to_vec();
        self.desk
            .app
            .write(move |tx: &mut dyn Tx| {
                use ferrodesk::storage::Param;
                let mut id = 0;
                let sql =
                    "INSERT INTO team (workspace_id, name, active, created_at) VALUES ($1, $2, TRUE, 0) RETURNING id";
                tx.query(sql, &[Param::Int(workspace), Param::Text(name)], &mut |row| {
                    id = row.int(0)?;
                    Ok(())
                })?;
                for member in &members {
                    let sql = "INSERT INTO team_member (workspace_id, team_id, user_id) VALUES ($1, $2, $3)";
                    tx.execute(sql, &[Param::Int(workspace), Param::Int(id), Param::Int(*member)])?;
                }
                Ok(id)
            })
            .await
    }

    /// The ticket as the agent sees it.
    pub async fn read(&self, ticket: i64) -> Value {
        ok(&self.agent.get(&format!("{TICKETS}/{ticket}")).await)
    }

    /// The agent's change to a ticket.
    pub async fn change(&self, ticket: i64, change: &Value) -> Answer {
        change_by(&self.agent, ticket, change).await
    }
}

/// A client that sends nothing but a token: the workspace is in it.
pub fn staff(desk: &Desk, user: &SignedIn) -> Client {
    desk.app.stranger().header("authorization", &format!("Bearer {}", user.token))
}

/// A change to a ticket.
pub async fn change_by(client: &Client, ticket: i64, change: &Value) -> Answer {
    client.send(Method::PATCH, &format!("{TICKETS}/{ticket}"), Some("application/json"), change.to_string()).await
}

/// The body of a 200.
#[track_caller]
pub fn ok(answer: &Answer) -> Value {
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.json());
    assert_eq!(answer.header("content-type"), "application/json");
    answer.json()
}

/// The body of a 201.
#[track_caller]
pub fn created(answer: &Answer) -> Value {
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.json());
    answer.json()
}

/// Asserts a problem document (RFC 9457) without fields.
#[track_caller]
pub fn assert_problem(answer: &Answer, status: u16, kind: &str, detail: &str) {
    let problem = problem(answer, status, kind);
    assert_eq!(problem["detail"], detail);
    assert_eq!(problem.get("errors"), None);
}

/// Asserts a problem document about these fields.
#[track_caller]
pub fn assert_fields(answer: &Answer, fields: &[(&str, &str)]) {
    let problem = problem(answer, 400, "validation-error");
    let expected: Vec<Value> =
        fields.iter().map(|(field, detail)| json!({ "field": field, "detail": detail })).collect();
    assert_eq!(problem["errors"], json!(expected));
}

#[track_caller]
fn problem(answer: &Answer, status: u16, kind: &str) -> Value {
    let problem = answer.json();
    assert_eq!(answer.status.as_u16(), status, "{problem}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(problem["status"], status);
    assert_eq!(problem["type"], format!("urn:ferrodesk:problem:{kind}"));
    assert_eq!(problem["request_id"], answer.header("x-request-id"));
    problem
}
