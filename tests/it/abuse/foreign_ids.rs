//! Whoever puts somebody else's id where an id goes is answered as if it named nothing: in the path, the query and the body
//! of every operation of the description, with another workspace's id and with a neighbour's; in each of the encodings that
//! a body may have, and in what a view asks for. Where the feed of events goes on is in `desk/events.rs`.
//!
//! Keys of `Idempotency-Key` that another has used are in `contract/idempotency.rs`, all shapes of a file's id that is not
//! one's own in `contract/download.rs`, and whom which endpoint is for at all in `rights`. How long the two answers take is
//! measured by `script/foreign-ids`.

use ferrodesk::domain::user::Role;
use http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Desk, Encoding, SignedIn, TestWorkspace, fields_of, view};

/// Names nothing.
const MISSING: i64 = 987_654_321;

/// What an id can be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ticket,
    Attachment,
    Category,
    Tag,
    Requester,
    Staff,
    Team,
    View,
    CannedReply,
    Apikey,
    Provider,
}

/// Where an id goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Path,
    Query,
    Body,
    /// In a list of the body.
    List,
    /// In the body's `change`.
    Change,
    ListOfChange,
}

/// Where the contract has words of its own for a neighbour's ticket, which the reference gave and clients match on. They tell
/// that the ticket is there, which its number tells as well, and nothing of it.
const WORDS_FOR_NEIGHBOURS: [(&str, &str); 4] = [
    ("/support/ticket/conversation/", "You are not the owner of the requested ticket."),
    ("/support/ticket/detailed-view/", "You are not the owner of the requested ticket"),
    ("/support/update/ticket/", "You are not the owner of the requested ticket"),
    ("/support/ticket/status/", "You Can't open or close this Ticket"),
];

/// Numbers that are no ids.
const NO_IDS: [&str; 8] = ["limit", "offset", "position", "open_ticket_limit", "version", "after", "at", "status"];

fn kind_of(name: &str) -> Option<Kind> {
    Some(match name {
        "ticket_id" | "ticket" | "tickets" | "into" => Kind::Ticket,
        "attachment_id" => Kind::Attachment,
        "category_id" | "category" => Kind::Category,
        "tag_id" | "tag" | "tags" => Kind::Tag,
        "requester_id" | "requester" => Kind::Requester,
        "user_id" | "assignee" | "actor" | "members" => Kind::Staff,
        "team_id" | "team" => Kind::Team,
        "view_id" => Kind::View,
        "reply_id" => Kind::CannedReply,
        "apikey_id" => Kind::Apikey,
        "provider_id" => Kind::Provider,
        _ => return None,
    })
}

/// An operation, and a place in it where an id goes.
#[derive(Clone, Debug)]
struct Hole {
    method: Method,
    path: String,
    place: Place,
    name: String,
    kind: Kind,
    /// Of the body.
    encoding: Encoding,
}

impl Hole {
    /// The same place in each of the encodings that its body may have.
    fn in_each_encoding(self) -> Vec<Self> {
        let is_in_a_form = matches!(self.place, Place::Body | Place::List) && !self.path.starts_with("/desk/");
        let encodings = if is_in_a_form { &Encoding::ALL[..] } else { &[Encoding::Json] };
        encodings.iter().map(|encoding| Self { encoding: *encoding, ..self.clone() }).collect()
    }
}

/// Every place of the description where an id goes.
fn holes() -> Vec<Hole> {
    let document = serde_json::to_value(ferrodesk::http::openapi("/api/v1")).expect("a document");
    let resolved = |schema: &Value| {
        let name = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next());
        name.map_or(schema.clone(), |name| document["components"]["schemas"][name].clone())
    };
    let is_number = |schema: &Value| {
        let types = &schema["type"];
        types == "integer" || types.as_array().is_some_and(|types| types.contains(&json!("integer")))
    };
    let mut holes = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("an item") {
            let method: Method = method.to_uppercase().parse().expect("a method");
            let mut add = |place, name: &str, looks_like_one: bool| match kind_of(name) {
                Some(kind) => {
                    let (method, path, name) = (method.clone(), path.clone(), name.to_owned());
                    let hole = Hole { method, path, place, name, kind, encoding: Encoding::Json };
                    holes.extend(hole.in_each_encoding());
                }
                None => assert!(!looks_like_one || NO_IDS.contains(&name), "{method} {path}: is {name} an id?"),
            };
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().expect("a name");
                match parameter["in"].as_str() {
                    Some("path") => add(Place::Path, name, true),
                    Some("query") => add(Place::Query, name, is_number(&parameter["schema"])),
                    _ => {}
                }
            }
            let body = resolved(&operation["requestBody"]["content"]["application/json"]["schema"]);
            let nested = resolved(&body["properties"]["change"]);
            let places = [(&body, Place::Body, Place::List), (&nested, Place::Change, Place::ListOfChange)];
            for (schema, single, list) in places {
                for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                    let types = &property["type"];
                    let is_list =
                        types == "array" || types.as_array().is_some_and(|types| types.contains(&json!("array")));
                    let number = is_number(property) || is_number(&property["items"]);
                    // The customers' API has its numbers as text; the staff's has names as text.
                    if number || !path.starts_with("/desk/") {
                        add(if is_list { list } else { single }, name, number);
                    }
                }
            }
        }
    }
    holes
}

/// One workspace's things.
struct Things {
    ticket: i64,
    attachment: i64,
    category: i64,
    tag: i64,
    requester: i64,
    staff: i64,
    team: i64,
    view: i64,
    reply: i64,
    apikey: i64,
    provider: i64,
}

impl Things {
    /// Makes one of each in a workspace.
    async fn of(desk: &Desk, workspace: &TestWorkspace, customer: &SignedIn, admin: &SignedIn) -> Self {
        let requester = desk.app.client(workspace, customer);
        let parts = fields_of(workspace);
        let ticket = requester.post_parts("/support/create/ticket/", &parts.parts(&[("a.txt", b"bytes")])).await;
        let ticket = ticket.ticket_id();
        let attachments = view(&requester, ticket).await.data()["attachments"].clone();
        let admin_client = staff(desk, admin);
        let made = async |path: &str, body: Value| {
            let answer = admin_client.post_json(path, &body).await;
            assert_eq!(answer.status, 201, "{path}: {}", answer.json());
            answer.json()["id"].as_i64().expect("an id")
        };
        let provider = json!({
            "issuer": "https://id.example", "audience": "desk", "jwks_url": "https://id.example/keys", "algorithms": ["RS256"],
        });
        Self {
            ticket,
            attachment: attachments[0]["id"].as_i64().expect("a file"),
            category: workspace.category.0,
            tag: workspace.tag.0,
            requester: customer.requester.user.0,
            staff: admin.requester.user.0,
            team: made("/desk/teams", json!({ "name": "Team" })).await,
            view: made("/desk/views", json!({ "name": "View", "query": "status=open" })).await,
            reply: made("/desk/canned-replies", json!({ "shortcut": "hi", "body": "Hello" })).await,
            apikey: made("/desk/apikeys", json!({ "name": "shop" })).await,
            provider: made("/desk/identity-providers", provider).await,
        }
    }

    fn id(&self, kind: Kind) -> i64 {
        match kind {
            Kind::Ticket => self.ticket,
            Kind::Attachment => self.attachment,
            Kind::Category => self.category,
            Kind::Tag => self.tag,
            Kind::Requester => self.requester,
            Kind::Staff => self.staff,
            Kind::Team => self.team,
            Kind::View => self.view,
            Kind::CannedReply => self.reply,
            Kind::Apikey => self.apikey,
            Kind::Provider => self.provider,
        }
    }
}

fn staff(desk: &Desk, user: &SignedIn) -> Client {
    desk.app.stranger().header("authorization", &format!("Bearer {}", user.token))
}

/// A body that is right, of one's own things.
fn body(method: &Method, path: &str, own: &Things) -> Value {
    let ticket = json!({ "subject": "S", "priority": "2", "comment": "C", "category": own.category });
    match (method.as_str(), path) {
        ("GET" | "DELETE", _) => Value::Null,
        (_, "/support/create/ticket/") => ticket,
        (_, "/support/update/ticket/") => json!({ "ticket_id": own.ticket, "tags": [own.tag] }),
        (_, "/support/ticket/conversation/") => json!({ "ticket": own.ticket, "comment": "C" }),
        (_, "/support/ticket/status/") => json!({ "ticket": own.ticket, "status": "3" }),
        ("POST", "/desk/tickets") => {
            let mut ticket = ticket;
            (ticket["priority"], ticket["requester"]) = (json!("low"), json!(own.requester));
            ticket
        }
        (_, "/desk/tickets/bulk") => json!({ "tickets": [own.ticket], "change": {} }),
        (_, "/desk/tickets/{ticket_id}/merge") => json!({ "into": own.ticket }),
        (_, "/desk/tickets/{ticket_id}/seen") => json!({ "version": 1 }),
        (_, "/desk/tickets/{ticket_id}/presence") => json!({ "present": true }),
        ("PUT" | "POST", path) if path.starts_with("/desk/tickets/") => json!({ "comment": "C" }),
        ("POST", "/desk/teams") => json!({ "name": "Another team" }),
        _ => json!({}),
    }
}

/// The fields of a form that says what an object does.
fn fields(object: &Value) -> Vec<(&str, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let object = object.as_object().expect("an object");
    let values = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    object
        .iter()
        .flat_map(|(name, value)| values(value).iter().map(|value| (&**name, text(value))).collect::<Vec<_>>())
        .collect()
}

/// The request with `id` in the hole, and all else one's own.
async fn ask(client: &Client, hole: &Hole, own: &Things, id: i64) -> Answer {
    let mut path = hole.path.clone();
    while let Some((before, name, after)) =
        path.split_once('{').and_then(|(before, rest)| rest.split_once('}').map(|(name, after)| (before, name, after)))
    {
        let filled = if hole.place == Place::Path { id } else { own.id(kind_of(name).expect("an id")) };
        path = format!("{before}{filled}{after}");
    }
    if hole.place == Place::Query {
        path = format!("{path}?{}={id}", hole.name);
    }
    let mut body = body(&hole.method, &hole.path, own);
    match hole.place {
        Place::Path | Place::Query => {}
        Place::Body => body[&hole.name] = json!(id),
        Place::List => body[&hole.name] = json!([id]),
        Place::Change => body["change"][&hole.name] = json!(id),
        Place::ListOfChange => body["change"][&hole.name] = json!([id]),
    }
    if hole.encoding != Encoding::Json {
        let fields = fields(&body);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        return client.send_fields(hole.method.clone(), &path, hole.encoding, &fields).await;
    }
    let content_type = (!body.is_null()).then_some("application/json");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    client.send(hole.method.clone(), &path, content_type, body).await
}

/// An answer without what may differ: the id itself, the request's id, and how long both are.
fn normalised(answer: &Answer, id: i64) -> (u16, Vec<(String, String)>, String) {
    let id = id.to_string();
    let cleaned = |text: &str| {
        let text = text.replace(answer.header("x-request-id"), "REQUEST");
        let mut cleaned = String::new();
        let mut rest = &*text;
        while let Some(at) = rest.find(&id) {
            let (before, after) = (&rest[..at], &rest[at + id.len()..]);
            let is_whole =
                !before.ends_with(|c: char| c.is_ascii_digit()) && !after.starts_with(|c: char| c.is_ascii_digit());
            cleaned.push_str(before);
            cleaned.push_str(if is_whole { "ID" } else { &id });
            rest = after;
        }
        cleaned + rest
    };
    let headers =
        answer.headers.iter().filter(|(name, _)| !["x-request-id", "content-length"].contains(&name.as_str()));
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), cleaned(&value.as_bytes().escape_ascii().to_string())))
        .collect();
    headers.sort();
    (answer.status.as_u16(), headers, cleaned(&String::from_utf8_lossy(&answer.body)))
}

/// How much happened in a workspace.
async fn happened(desk: &Desk, workspace: &TestWorkspace) -> Vec<i64> {
    let id = workspace.id.0;
    desk.app
        .read(move |tx| {
            let mut counts = Vec::new();
            for table in ["event", "audit", "ticket", "conversation", "draft", "presence"] {
                // One of a few names, and a number.
                let sql: &'static str = format!("SELECT count(*) FROM {table} WHERE workspace_id = {id}").leak();
                tx.query(sql, &[], &mut |row| {
                    counts.push(row.int(0)?);
                    Ok(())
                })?;
            }
            Ok(counts)
        })
        .await
}

#[tokio::test]
async fn a_foreign_id_is_answered_like_one_that_names_nothing() {
    let desk = Desk::with(|config| {
        config.requests_per_minute_per_user = 0;
        config.requests_per_minute_per_apikey = 0;
    })
    .await;
    desk.set(Some(0), None).await;
    let user = async |workspace: &TestWorkspace, email: &str, role| desk.app.user(workspace, email, role).await;
    let (ada, eve) = (
        user(&desk.acme, "ada@acme.example", Role::Admin).await,
        user(&desk.acme, "eve@acme.example", Role::Admin).await,
    );
    let outsider = user(&desk.acme, "tom@acme.example", Role::TeamAgent).await;
    let bob = user(&desk.acme, "bob@customer.example", Role::Customer).await;
    let globex = desk.app.workspace("Globex").await;
    let (gil, boss) = (
        user(&globex, "gil@globex.example", Role::Customer).await,
        user(&globex, "boss@globex.example", Role::Admin).await,
    );
    // Ids are numbered together: what is Globex' is at no id of Acme's.
    let foreign = Things::of(&desk, &globex, &gil, &boss).await;
    // Nor at one that an answer says for another reason.
    desk.app.open_many(&desk.acme, &desk.ann, 50).await;
    let own = Things::of(&desk, &desk.acme, &desk.ann, &ada).await;
    let hers = staff(&desk, &eve);
    let view_of_eve = json!({ "name": "Mine", "query": "status=open" });
    let reply_of_eve = json!({ "shortcut": "mine", "body": "Hello" });
    let private = [
        (Kind::View, hers.post_json("/desk/views", &view_of_eve).await.json()["id"].as_i64().expect("an id")),
        (
            Kind::CannedReply,
            hers.post_json("/desk/canned-replies", &reply_of_eve).await.json()["id"].as_i64().expect("an id"),
        ),
    ];
    let neighbours_client = desk.app.client(&desk.acme, &bob);
    let parts = desk.ticket_fields();
    let of_bob = neighbours_client.post_parts("/support/create/ticket/", &parts.parts(&[("b.txt", b"bob's")])).await;
    let of_bob = of_bob.ticket_id();
    let file_of_bob = view(&neighbours_client, of_bob).await.data()["attachments"][0]["id"].as_i64().expect("a file");
    let of_neighbour = [(Kind::Ticket, of_bob), (Kind::Attachment, file_of_bob)];
    let (customer, admin, outside) = (&desk.client, staff(&desk, &ada), staff(&desk, &outsider));
    let before = happened(&desk, &globex).await;

    let mut swapped = 0;
    let mut different = Vec::new();
    for hole in holes() {
        let is_of_customers = !hole.path.starts_with("/desk/");
        let mut attempts: Vec<(&str, &Client, i64)> = Vec::new();
        let caller = if is_of_customers { customer } else { &admin };
        attempts.push(("another workspace's", caller, foreign.id(hole.kind)));
        if is_of_customers {
            attempts.extend(
                of_neighbour
                    .iter()
                    .filter(|(kind, _)| *kind == hole.kind)
                    .map(|(_, id)| ("a neighbour's", caller, *id)),
            );
        } else {
            attempts.extend(
                private.iter().filter(|(kind, _)| *kind == hole.kind).map(|(_, id)| ("a colleague's", caller, *id)),
            );
            // No team of his has any ticket.
            attempts.extend(
                of_neighbour
                    .iter()
                    .filter(|(kind, _)| *kind == hole.kind)
                    .map(|(_, id)| ("out of reach", &outside, *id)),
            );
        }
        for (whose, client, id) in attempts {
            let missing = ask(client, &hole, &own, MISSING).await;
            let answer = ask(client, &hole, &own, id).await;
            assert!(answer.status.as_u16() < 500, "{hole:?}: {answer:?}");
            let told = WORDS_FOR_NEIGHBOURS.iter().find(|(path, _)| whose == "a neighbour's" && *path == hole.path);
            if let Some((_, words)) = told {
                let errors = json!({ "ticket": [words] });
                assert_eq!((answer.status.as_u16(), &answer.json()["errors"]), (400, &errors), "{hole:?}");
                continue;
            }
            let (said, should) = (normalised(&answer, id), normalised(&missing, MISSING));
            if said != should {
                different.push(format!("{whose} {hole:?}: {said:?} and not {should:?}"));
            }
            swapped += 1;
        }
        // The means of this test are right: one's own is another matter.
        if hole.place == Place::Path && hole.method == Method::GET {
            assert_eq!(ask(caller, &hole, &own, own.id(hole.kind)).await.status, 200, "{hole:?}");
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert!(swapped > 85, "{swapped} were swapped");
    assert_eq!(happened(&desk, &globex).await, before, "something happened to what is Globex'");
    let seen = view(&neighbours_client, of_bob).await.data();
    assert_eq!(
        (&seen["ticket"]["status"], &seen["conversations"]),
        (&json!("1"), &json!([])),
        "Bob's ticket is as it was"
    );
}

#[tokio::test]
async fn a_place_in_anothers_list_leads_to_nothing_of_theirs() {
    let desk = Desk::new().await;
    let (globex, gil) = desk.foreigner().await;
    for _ in 0..3 {
        desk.ticket().await;
        gil.open_called(globex.category, "Theirs").await;
    }
    let page = gil.get("/support/get/ticket/history/?limit=1").await;
    let link = page.header("link");
    let next = link.split_once('<').and_then(|(_, rest)| rest.split_once('>')).expect("a next page").0;
    let query = next.split_once('?').expect("a query").1;
    let answer = desk.client.get(&format!("/support/get/ticket/history/?{query}")).await;
    assert!(!String::from_utf8_lossy(&answer.body).contains("Theirs"), "{answer:?}");
    assert!(answer.status == 200 || answer.status == 400, "{answer:?}");
}

#[tokio::test]
async fn a_view_of_what_is_anothers_is_a_view_of_nothing() {
    let desk = Desk::new().await;
    let globex = desk.app.workspace("Globex").await;
    let user = async |workspace: &TestWorkspace, email: &str, role| desk.app.user(workspace, email, role).await;
    let (gil, boss) = (
        user(&globex, "gil@globex.example", Role::Customer).await,
        user(&globex, "boss@globex.example", Role::Admin).await,
    );
    let foreign = Things::of(&desk, &globex, &gil, &boss).await;
    desk.ticket().await;
    let admin = staff(&desk, &user(&desk.acme, "ada@acme.example", Role::Admin).await);
    for name in ["assignee", "team", "category", "tag", "requester"] {
        let counted = async |id: i64| {
            let view = json!({ "name": "A view", "query": format!("{name}={id}") });
            let answer = admin.post_json("/desk/views", &view).await;
            if answer.status == 201 {
                let views = admin.get("/desk/views?counts=true").await.json()["views"].clone();
                let of_view = |view: &&Value| view["id"] == answer.json()["id"];
                let view = views.as_array().expect("a list").iter().find(of_view).expect("the view").clone();
                admin.send(Method::DELETE, &format!("/desk/views/{}", view["id"]), None, "").await;
                assert_eq!(view["count"], 0, "{view}");
            }
            let listed = admin.get(&format!("/desk/tickets?{name}={id}")).await;
            (answer.status, normalised(&listed, id))
        };
        assert_eq!(counted(foreign.id(kind_of(name).expect("an id"))).await, counted(MISSING).await, "{name}");
    }
}
