//! A desk with Ann of Acme at it, and short words for what tests do there again and again.

use ferrodesk::app::desk::answer_ticket::{self, answer_ticket};
use ferrodesk::app::desk::change_ticket::{TicketChange, change_ticket};
use ferrodesk::app::desk::manage::canned_replies;
use ferrodesk::app::manage::{users, workspaces};
use ferrodesk::blobs::StoredBlob;
use ferrodesk::config::Config;
use ferrodesk::domain::attachment::StoredFile;
use ferrodesk::domain::conversation::Visibility;
use ferrodesk::domain::ticket::Held;
use ferrodesk::domain::user::{Email, Requester, Role};
use ferrodesk::domain::{Clock as _, TicketId, Timestamp};
use ferrodesk::identity::apikey::sha256;
use ferrodesk::storage::queries::tickets::TicketKey;
use ferrodesk::storage::queries::{events, tickets};
use ferrodesk::storage::{Param, Tx};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};

use super::{Answer, Client, Fields, Part, SignedIn, TestApp, TestWorkspace};

pub const CREATE: &str = "/support/create/ticket/";
pub const UPDATE: &str = "/support/update/ticket/";
pub const CONVERSATION: &str = "/support/ticket/conversation/";
pub const STATUS: &str = "/support/ticket/status/";

/// A desk, and Ann of Acme with her client.
pub struct Desk {
    pub app: TestApp,
    pub acme: TestWorkspace,
    pub ann: SignedIn,
    pub client: Client,
}

impl Desk {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A desk whose settings `adjust` has changed.
    pub async fn with(adjust: impl FnOnce(&mut Config)) -> Self {
        Self::at(TestApp::with(adjust)).await
    }

    /// Ann of Acme at this desk.
    pub async fn at(app: TestApp) -> Self {
        let (acme, ann) = app.acme().await;
        let client = app.client(&acme, &ann);
        Self { app, acme, ann, client }
    }

    /// Ann's client at another server on the same data.
    pub fn client_at(&self, node: &TestApp) -> Client {
        node.client(&self.acme, &self.ann)
    }

    /// Changes Acme's settings; `None` leaves one as it is.
    pub async fn set(&self, open_ticket_limit: Option<i64>, reopen_on_reply: Option<bool>) {
        let name = self.acme.name.clone();
        self.app.write(move |tx| workspaces::set(tx, &name, open_ticket_limit, reopen_on_reply)).await;
    }

    /// Another customer of Acme.
    pub async fn bob(&self) -> Client {
        let bob = self.app.user(&self.acme, "bob@customer.example", Role::Customer).await;
        self.app.client(&self.acme, &bob)
    }

    /// A customer of another workspace, whose category and tag differ from Acme's.
    pub async fn foreigner(&self) -> (TestWorkspace, Client) {
        let globex = self.app.workspace("Globex").await;
        let gil = self.app.user(&globex, "gil@customer.example", Role::Customer).await;
        let client = self.app.client(&globex, &gil);
        (globex, client)
    }

    /// An agent of Acme.
    pub async fn agent(&self) -> Requester {
        self.app.user(&self.acme, "agent@acme.example", Role::Agent).await.requester
    }

    /// The fields of a ticket of Acme that is right.
    pub fn ticket_fields(&self) -> Fields {
        fields_of(&self.acme)
    }

    /// Opens a ticket of Ann's.
    pub async fn ticket(&self) -> i64 {
        open(&self.client, &self.acme).await
    }

    /// Opens a ticket of Ann's with files.
    pub async fn ticket_with(&self, files: &[(&str, &[u8])]) -> i64 {
        self.client.post_parts(CREATE, &self.ticket_fields().parts(files)).await.ticket_id()
    }

    /// A ticket of Ann's with one file: the ticket's id and the file's.
    pub async fn file(&self, name: &str, bytes: &[u8]) -> (i64, i64) {
        let ticket = self.ticket_with(&[(name, bytes)]).await;
        let view = self.view(ticket).await;
        (ticket, view["attachments"][0]["id"].as_i64().expect("an attachment"))
    }

    /// A member of staff answers, or leaves a note, with a file.
    pub async fn answer(&self, staff: Requester, ticket: i64, visibility: Visibility, file: Option<StoredFile>) -> i64 {
        let at = self.app.clock.now();
        let files: Vec<StoredFile> = file.into_iter().collect();
        let work = move |tx: &mut dyn Tx| {
            let answer = answer_ticket::Answer { visibility, comment: "We look into it", files: &files, status: None };
            answer_ticket(tx, &staff, TicketId(ticket), answer, at)
        };
        self.app.write(work).await.0.0
    }

    /// Stores a file's bytes, ready to be attached by staff.
    pub async fn stored(&self, name: &str, bytes: &'static [u8]) -> StoredFile {
        let hash = sha256(bytes);
        self.app.state.blobs().put(self.acme.id, &hash, bytes.into()).await.expect("the bytes are stored");
        let size = i64::try_from(bytes.len()).expect("a small file");
        StoredFile { hash, size, content_type: "text/plain; charset=utf-8".to_owned(), name: name.to_owned() }
    }

    /// A member of staff locks a ticket, or unlocks it.
    pub async fn lock(&self, staff: Requester, ticket: i64, locked: bool) {
        let at = self.app.clock.now();
        let change = TicketChange { locked: Some(locked), ..TicketChange::default() };
        self.app.write(move |tx| change_ticket(tx, &staff, TicketId(ticket), &change, None, at)).await;
    }

    /// Has a ticket of Ann's hold so much more.
    pub async fn hold(&self, ticket: i64, more: Held) {
        let key = TicketKey { workspace: self.acme.id, requester: self.ann.requester.user, id: TicketId(ticket) };
        let at = self.app.clock.now();
        assert!(self.app.write(move |tx| Ok(tickets::touch(tx, key, more, at)?)).await.is_some());
    }

    /// Gives a user of Acme a name.
    pub async fn name(&self, user: Requester, name: &'static str) {
        let work = move |tx: &mut dyn Tx| {
            let params = [Param::Text(name), Param::Int(user.workspace.0), Param::Int(user.user.0)];
            Ok(tx.execute("UPDATE app_user SET name = $1 WHERE workspace_id = $2 AND id = $3", &params)?)
        };
        assert_eq!(self.app.write(work).await, 1);
    }

    /// A member of staff writes a canned reply for themselves.
    pub async fn canned(&self, staff: Requester, shortcut: &'static str, body: &'static str) {
        let at = self.app.clock.now();
        self.app.write(move |tx| canned_replies::add(tx, &staff, false, shortcut, body, at)).await;
    }

    /// An operator locks a user of Acme out.
    pub async fn lock_out(&self, user: &SignedIn) {
        let (workspace, at) = (self.acme.id, self.app.clock.now());
        let email = Email::parse(&user.email).expect("an e-mail address");
        self.app.write(move |tx| users::set_active(tx, workspace, &email, false, at)).await;
    }

    /// Ann closes her ticket.
    pub async fn close(&self, ticket: i64) {
        let closed = self.client.post_json(STATUS, &json!({ "ticket": ticket, "status": "3" })).await;
        assert_eq!(closed.data(), json!({}));
    }

    /// Ann's detailed view.
    pub async fn view(&self, ticket: i64) -> Value {
        view(&self.client, ticket).await.data()
    }

    /// The ticket's status, as Ann sees it.
    pub async fn status(&self, ticket: i64) -> String {
        self.view(ticket).await["ticket"]["status"].as_str().expect("a status").to_owned()
    }

    /// What was recorded of a ticket of Acme: kind, actor, before and after.
    pub async fn events(&self, ticket: i64) -> Vec<(String, i64, Value, Value)> {
        let workspace = self.acme.id;
        let recorded = self.app.read(move |tx| Ok(events::of_ticket(tx, workspace, TicketId(ticket))?)).await;
        let parse = |text: &str| serde_json::from_str(text).expect("an event holds JSON");
        recorded
            .into_iter()
            .map(|event| {
                let before = event.before.as_deref().map_or(Value::Null, parse);
                (event.kind, event.actor.0, before, parse(&event.after))
            })
            .collect()
    }

    /// When what was recorded of a ticket of Acme happened.
    pub async fn event_times(&self, ticket: i64) -> Vec<Timestamp> {
        let workspace = self.acme.id;
        let recorded = self.app.read(move |tx| Ok(events::of_ticket(tx, workspace, TicketId(ticket))?)).await;
        recorded.into_iter().map(|event| event.at).collect()
    }

    /// How many tickets Acme has.
    pub async fn tickets(&self) -> i64 {
        let workspace = self.acme.id;
        self.app.read(move |tx| Ok(tickets::count(tx, workspace)?)).await
    }

    /// The attachments' bytes that are stored, by workspace.
    pub async fn stored_blobs(&self) -> Vec<StoredBlob> {
        let mut stored: Vec<StoredBlob> = self.app.state.blobs().list().try_collect().await.expect("a listing");
        stored.sort_by_key(|blob| (blob.workspace, blob.hash));
        stored
    }
}

/// The fields of a ticket of `workspace` that is right.
pub fn fields_of(workspace: &TestWorkspace) -> Fields {
    Fields::new(&[("subject", "Invoice"), ("priority", "2"), ("comment", "It is wrong")])
        .with("category", &workspace.category.to_string())
}

/// Opens a ticket.
pub async fn open(client: &Client, workspace: &TestWorkspace) -> i64 {
    client.post_json(CREATE, &fields_of(workspace).json()).await.ticket_id()
}

/// The detailed view of a ticket.
pub async fn view(client: &Client, ticket: impl std::fmt::Display) -> Answer {
    client.get(&format!("/support/ticket/detailed-view/?ticket_id={ticket}")).await
}

/// The file `id`.
pub async fn download(client: &Client, id: impl std::fmt::Display) -> Answer {
    client.get(&format!("/support/ticket/download/{id}/")).await
}

/// An attachment.
pub fn attachment<'a>(name: &'a str, bytes: &'a [u8]) -> Part<'a> {
    Part::File { field: "attachment", name, bytes }
}
