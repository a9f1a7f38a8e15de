//! Puts payloads wherever people put texts.

use std::time::Duration;

use ferrodesk::domain::user::Role;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::Method;
use serde_json::{Value, json};

use crate::browser::Scene;
use crate::support::{Answer, CONVERSATION, CREATE, Client, Part, SignedIn};

/// How many requests are on their way at once.
const AT_ONCE: usize = 16;

/// How many texts have a word in common: no more than completions and the palette offer.
pub const GROUP: usize = 7;

/// The payloads, alone and in lines that are as long as a field takes.
pub struct Texts {
    pub all: Vec<String>,
    /// Lines for names.
    pub names: Vec<String>,
    /// Lines for subjects and addresses.
    pub lines: Vec<String>,
}

impl Texts {
    pub fn new(all: Vec<String>) -> Self {
        let names = grouped(&packs(&all, 180));
        let lines = packs(&all, 480);
        Self { all, names, lines }
    }

    /// The words, each of which is in a few of the names and in a few of the subjects.
    pub fn words(&self) -> Vec<String> {
        (0..self.all.len().div_ceil(GROUP)).map(word).collect()
    }

    /// All payloads in one text, without NUL, which is refused before anything is said again.
    pub fn joined(&self, between: &str) -> String {
        self.all.join(between).replace('\0', "\u{fffd}")
    }

    /// Each payload as a subject.
    pub fn subjects(&self) -> Vec<String> {
        grouped(&self.all.iter().map(|text| line(text)).collect::<Vec<_>>())
    }
}

fn word(group: usize) -> String {
    format!("gr{group:03}")
}

fn grouped(texts: &[String]) -> Vec<String> {
    texts.iter().enumerate().map(|(index, text)| format!("{text} {} z{index:03}", word(index / GROUP))).collect()
}

/// `text` in one line.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// `text` as it can be said, and behind it a mark that is seen if all before it is only text. Comments with NUL are refused.
fn said(text: &str, mark: &str) -> String {
    format!("{}\n\n{mark}", text.replace('\0', "\u{fffd}"))
}

/// The texts in lines of `max_chars` characters at the most. What a text does, it does behind others too; and if one hides
/// those behind it, they are missed on the page.
fn packs(texts: &[String], max_chars: usize) -> Vec<String> {
    let mut packs: Vec<String> = Vec::new();
    for text in texts.iter().map(|text| line(text)) {
        match packs.last_mut() {
            Some(last) if last.chars().count() + 1 + text.chars().count() <= max_chars => {
                last.push(' ');
                last.push_str(&text);
            }
            _ => packs.push(text),
        }
    }
    packs
}

/// Tickets with payloads.
pub struct Opened {
    /// The subjects and requesters' names of tickets that have one payload each.
    pub tickets: Vec<(i64, String, String)>,
    /// Tickets whose subject is a line.
    pub lines: Vec<(i64, String)>,
}

/// Opens a ticket for each payload and for each line.
pub async fn open(scene: &Scene, admin: &SignedIn, texts: &Texts) -> Opened {
    let desk = &scene.desk;
    let api = client(scene, admin);
    desk.set(Some(1_000_000), None).await;
    let bodies = texts.subjects().into_iter().enumerate().map(|(index, subject)| {
        let name: String = subject.chars().take(200).collect();
        let body = json!({ "email": address(&name, index), "name": name });
        (name, body)
    });
    let requesters = add_all(&api, "/desk/requesters", bodies.collect()).await;
    let subjects = texts.subjects();
    let category = desk.acme.category.0;
    let bodies = requesters.iter().enumerate().map(|(index, (requester, name))| {
        let body = json!({ "requester": requester, "subject": subjects[index], "priority": "low", "category": category,
            "comment": said(&texts.all[index], &format!("zz{index:03}")) });
        (name.clone(), body)
    });
    let opened = add_all(&api, "/desk/tickets", bodies.collect()).await;
    let tickets = opened.into_iter().zip(subjects).map(|((id, name), subject)| (id, subject, name)).collect();
    let mut lines = Vec::new();
    for text in &texts.lines {
        let fields = desk.ticket_fields().with("subject", text);
        lines.push((desk.client.post_json(CREATE, &fields.json()).await.ticket_id(), text.clone()));
    }
    Opened { tickets, lines }
}

/// What has payloads for names.
pub struct Named {
    /// A ticket with files that are called so.
    pub files: (i64, Vec<String>),
    /// A ticket that went through all categories, teams, tags and assignees.
    pub changed: i64,
    /// A ticket that all staff have answered, and have open.
    pub visited: i64,
    /// Parts of the settings, with the ids and names of what is in them.
    pub things: Vec<(&'static str, Vec<(i64, String)>)>,
}

/// What is sent to name something, by its name and how many of its kind there are already.
type Body = fn(&str, usize) -> Value;

/// Names everything that has a name, and gives some of it to all of `tickets`.
pub async fn name(scene: &Scene, admin: &SignedIn, texts: &Texts, tickets: &Opened) -> Named {
    let api = client(scene, admin);
    let mut things = Vec::new();
    let named: [(&str, Body); 7] = [
        ("teams", |name, _| json!({ "name": name })),
        ("categories", |name, _| json!({ "name": name, "description": name })),
        ("tags", |name, index| json!({ "tag": name, "keyword": format!("k{index}") })),
        ("apikeys", |name, _| json!({ "name": name })),
        ("canned-replies", |name, _| json!({ "shortcut": shortcut(name), "body": name, "shared": true })),
        ("views", |name, _| json!({ "name": name, "query": "priority=low", "shared": true })),
        (
            "identity-providers",
            |name, _| json!({ "issuer": name, "audience": name, "jwks_url": "https://id.example/keys" }),
        ),
    ];
    for (part, body) in named {
        let bodies = texts.names.iter().enumerate().map(|(index, name)| (name.clone(), body(name, index)));
        things.push((part, add_all(&api, &format!("/desk/{part}"), bodies.collect()).await));
    }
    let visited = scene.desk.ticket().await;
    things.push(("users", staff(scene, &api, &texts.names, visited).await));
    let changed = scene.desk.ticket().await;
    let patches = changes(&things);
    for change in &patches {
        assert_eq!(patch(&api, &format!("/desk/tickets/{changed}"), change).await.status.as_u16(), 200);
    }
    let given = tickets.tickets.iter().zip(patches.iter().cycle()).map(|((ticket, ..), change)| {
        let api = &api;
        async move { patch(api, &format!("/desk/tickets/{ticket}"), change).await.status.as_u16() }
    });
    let given: Vec<u16> = stream::iter(given).buffered(AT_ONCE).collect().await;
    assert!(given.iter().all(|status| *status == 200), "{given:?}");
    Named { files: files(scene, &api, &texts.all).await, changed, visited, things }
}

/// A client of the staff's API for `user`.
pub fn client(scene: &Scene, user: &SignedIn) -> Client {
    scene.desk.app.stranger().header("authorization", &format!("Bearer {}", user.token))
}

pub async fn patch(client: &Client, path: &str, body: &Value) -> Answer {
    client.send(Method::PATCH, path, Some("application/json"), body.to_string()).await
}

/// Adds one thing for each body: their ids, with what is given beside the bodies.
async fn add_all(api: &Client, path: &str, bodies: Vec<(String, Value)>) -> Vec<(i64, String)> {
    let add = |(name, body): (String, Value)| async move {
        let answer = api.post_json(path, &body).await;
        assert_eq!(answer.status.as_u16(), 201, "{path} {body}: {}", answer.json());
        (answer.json()["id"].as_i64().expect("an id"), name)
    };
    stream::iter(bodies).map(add).buffered(AT_ONCE).collect().await
}

/// A payload as one word, after the word and the number by which it is found.
fn shortcut(name: &str) -> String {
    let mut words = name.rsplitn(3, ' ');
    let (number, word, text) = (words.next(), words.next(), words.next());
    let payload = text.unwrap_or_default().chars().filter(|c| !c.is_whitespace()).take(40);
    word.into_iter().chain(number).flat_map(str::chars).chain(payload).collect()
}

/// A payload as an e-mail address.
fn address(name: &str, index: usize) -> String {
    let local: String = name.chars().filter(|c| !c.is_whitespace() && c.is_ascii()).take(150).collect();
    format!("\"{local}{index}\"@customer.example")
}

/// Agents with these names, who have answered the ticket `visited` and have it open.
async fn staff(scene: &Scene, api: &Client, names: &[String], visited: i64) -> Vec<(i64, String)> {
    let mut staff = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let email = format!("agent{index}@acme.example");
        let user = scene.desk.app.user(&scene.desk.acme, &email, Role::Agent).await;
        let id = user.requester.user.0;
        assert_eq!(patch(api, &format!("/desk/users/{id}"), &json!({ "name": name })).await.status.as_u16(), 200);
        let present = json!({ "present": true, "writing": index % 2 == 0 }).to_string();
        let own = client(scene, &user);
        let replied = own.post_json(&format!("/desk/tickets/{visited}/replies"), &json!({ "comment": "Hello" })).await;
        assert_eq!(replied.status.as_u16(), 201, "{}", replied.json());
        let path = format!("/desk/tickets/{visited}/presence");
        let answer = own.send(Method::PUT, &path, Some("application/json"), present).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.json());
        staff.push((id, name.clone()));
    }
    staff
}

/// Changes of a ticket to one after the other of what there is.
fn changes(things: &[(&'static str, Vec<(i64, String)>)]) -> Vec<Value> {
    let ids = |part: &str| -> Vec<i64> {
        let things = things.iter().find(|(known, _)| *known == part).map(|(_, things)| things);
        things.expect("a part").iter().map(|(id, _)| *id).collect()
    };
    let (teams, categories, tags, users) = (ids("teams"), ids("categories"), ids("tags"), ids("users"));
    let change =
        |at: usize| json!({ "team": teams[at], "category": categories[at], "tags": [tags[at]], "assignee": users[at] });
    (0..teams.len()).map(change).collect()
}

/// A ticket of Ann's with files that are called like payloads, and what is left of the names.
async fn files(scene: &Scene, api: &Client, texts: &[String]) -> (i64, Vec<String>) {
    let ticket = scene.desk.ticket().await.to_string();
    for some in texts.chunks(10) {
        let names: Vec<String> = some.iter().map(|text| header(text)).collect();
        let mut parts = vec![Part::Text("ticket", &ticket), Part::Text("comment", "Files")];
        parts.extend(names.iter().map(|name| Part::File { field: "attachment", name, bytes: b"words" }));
        let answer = scene.desk.client.post_parts(CONVERSATION, &parts).await;
        assert!(answer.status.is_success(), "{}", answer.json());
    }
    let page = api.get(&format!("/desk/tickets/{ticket}")).await.json();
    let names = page["attachments"]
        .as_array()
        .expect("files")
        .iter()
        .map(|file| file["name"].as_str().expect("a name").to_owned());
    (ticket.parse().expect("a number"), names.collect())
}

/// A name as it can be written into a part's header, where browsers encode what would end it.
fn header(name: &str) -> String {
    let encoded = name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22");
    encoded.chars().map(|c| if c.is_control() { '_' } else { c }).collect()
}

/// Ann says each of `texts` on `ticket`, and `staff` note it down.
pub async fn say(scene: &Scene, staff: &SignedIn, ticket: i64, texts: &[String]) {
    let api = &client(scene, staff);
    let say = |(index, text): (usize, &String)| {
        let comment = said(text, &format!("yy{index:03}"));
        async move {
            let reply = json!({ "ticket": ticket, "comment": comment });
            let answer = scene.desk.client.post_json(CONVERSATION, &reply).await;
            assert!(answer.status.is_success(), "{}", answer.json());
            let answer = api.post_json(&format!("/desk/tickets/{ticket}/notes"), &json!({ "comment": comment })).await;
            assert_eq!(answer.status.as_u16(), 201, "{}", answer.json());
            Ok::<_, std::convert::Infallible>(())
        }
    };
    let all = stream::iter(texts.iter().enumerate()).map(say).buffer_unordered(AT_ONCE);
    let Ok(()) = all.try_collect::<()>().await;
    scene.desk.app.clock.advance(Duration::from_secs(1));
}
