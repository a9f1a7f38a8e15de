//! A desk with an admin, for the tests of what staff manage.

use ferrodesk::domain::user::Role;
use http::Method;
use serde_json::{Value, json};

use super::home::{Home, created, ok, staff};
use crate::support::{Answer, Client, SignedIn};

/// Acme's desk and Ada, who runs it.
pub struct Office {
    pub home: Home,
    pub ada: SignedIn,
    pub admin: Client,
}

/// One of everything that can be changed.
#[derive(Clone, Debug)]
pub struct Thing {
    pub path: String,
    /// A change that it can take.
    pub change: Value,
    /// Another.
    pub other: Value,
}

impl Office {
    pub async fn new() -> Self {
        let home = Home::new().await;
        let (ada, admin) = home.hire("ada@acme.example", Role::Admin).await;
        Self { home, ada, admin }
    }

    /// An admin of another workspace.
    pub async fn foreign_admin(&self) -> Client {
        let globex = self.home.desk.app.workspace("Globex").await;
        let boss = self.home.desk.app.user(&globex, "boss@globex.example", Role::Admin).await;
        staff(&self.home.desk, &boss)
    }

    /// What the admin adds at `path`.
    pub async fn add(&self, path: &str, body: &Value) -> Value {
        created(&self.admin.post_json(path, body).await)
    }

    /// The admin's change.
    pub async fn change(&self, path: &str, body: &Value) -> Answer {
        patch(&self.admin, path, body).await
    }

    /// What the admin sees at `path`.
    pub async fn read(&self, path: &str) -> Value {
        ok(&self.admin.get(path).await)
    }

    /// The newest entry of the audit log without its number and time.
    pub async fn last_entry(&self) -> Value {
        let mut entry = self.read("/desk/audit?limit=1").await["entries"][0].take();
        for member in ["id", "at"] {
            entry.as_object_mut().expect("an entry").remove(member);
        }
        entry
    }

    /// How many entries the audit log has.
    pub async fn entries(&self) -> usize {
        self.read("/desk/audit?limit=200").await["entries"].as_array().expect("entries").len()
    }

    /// One of everything that the admin may change, made by the admin.
    pub async fn things(&self) -> Vec<Thing> {
        let thing = |path: String, field: &str, one: Value, other: Value| Thing {
            path,
            change: json!({ field: one }),
            other: json!({ field: other }),
        };
        let mut things = Vec::new();
        let password = "a long enough password";
        let named = [
            ("/desk/requesters", json!({ "email": "rik@customer.example" })),
            ("/desk/users", json!({ "email": "uma@acme.example", "role": "agent", "password": password })),
            ("/desk/teams", json!({ "name": "First" })),
            ("/desk/categories", json!({ "name": "First" })),
        ];
        for (path, body) in named {
            let id = &self.add(path, &body).await["id"];
            things.push(thing(format!("{path}/{id}"), "name", json!("Second"), json!("Third")));
        }
        let others = [
            ("/desk/tags", json!({ "tag": "First", "keyword": "first" }), "keyword"),
            ("/desk/canned-replies", json!({ "shortcut": "one", "body": "One", "shared": true }), "body"),
            ("/desk/views", json!({ "name": "One", "query": "status=open", "shared": true }), "name"),
            (
                "/desk/identity-providers",
                json!({ "issuer": "https://id.example", "audience": "a", "jwks_url": "https://id.example/keys" }),
                "audience",
            ),
        ];
        for (path, body, field) in others {
            let id = &self.add(path, &body).await["id"];
            things.push(thing(format!("{path}/{id}"), field, json!("second"), json!("third")));
        }
        things.push(thing("/desk/me".to_owned(), "name", json!("Ada"), json!("Ada L.")));
        things.push(thing("/desk/workspace".to_owned(), "open_ticket_limit", json!(50), json!(60)));
        things
    }
}

/// `PATCH path`.
pub async fn patch(client: &Client, path: &str, body: &Value) -> Answer {
    client.send(Method::PATCH, path, Some("application/json"), body.to_string()).await
}

/// `DELETE path`.
pub async fn delete(client: &Client, path: &str) -> Answer {
    client.send(Method::DELETE, path, None, "").await
}

/// Asserts a 204, which says nothing.
#[track_caller]
pub fn assert_gone(answer: &Answer) {
    assert_eq!(answer.status.as_u16(), 204, "{answer:?}");
    assert_eq!((answer.body.len(), answer.header("content-type")), (0, ""));
}

/// The values of one member of a list's items.
pub fn each(list: &Value, member: &str) -> Vec<Value> {
    list.as_array().expect("a list").iter().map(|item| item[member].clone()).collect()
}
