//! The settings over HTTP.

mod forms;
mod things;

use ferrodesk::domain::user::Role;
use http::StatusCode;
use rstest::rstest;
use serde_json::json;

use super::{leads_to, page, post, signed_in, text};
use crate::support::{Answer, Client, Desk, PASSWORD, SignedIn};

const SETTINGS: &str = "/desk/settings";

/// A desk with an admin at its console.
struct Office {
    desk: Desk,
    ada: SignedIn,
    admin: Client,
}

impl Office {
    async fn new() -> Self {
        let desk = Desk::new().await;
        let ada = desk.app.user(&desk.acme, "ada@acme.example", Role::Admin).await;
        desk.name(ada.requester, "Ada Lovelace").await;
        let admin = signed_in(&desk, &ada).await;
        Self { desk, ada, admin }
    }

    /// Somebody else at the console.
    async fn hire(&self, email: &str, role: Role) -> (SignedIn, Client) {
        let user = self.desk.app.user(&self.desk.acme, email, role).await;
        let client = signed_in(&self.desk, &user).await;
        (user, client)
    }

    /// The admin's page at `path` below the settings.
    async fn look(&self, path: &str) -> String {
        let answer = page(&self.admin, &format!("{SETTINGS}/{path}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", text(&answer));
        text(&answer)
    }

    /// Fills the form at `path` in, over what it shows, and sends it.
    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        fill(&self.admin, path, fields).await
    }

    /// The id of what the admin adds to `part`.
    async fn add(&self, part: &str, fields: &[(&str, &str)]) -> i64 {
        let answer = self.send(&format!("{part}/new"), fields).await;
        assert_eq!(leads_to(&answer), format!("{SETTINGS}/{part}"));
        let html = self.look(part).await;
        ids(&html, part).into_iter().max().expect("an id")
    }

    /// One of everything that has a page of its own, as its path.
    async fn things(&self) -> Vec<String> {
        let password = "a long enough password";
        let fields: [(&str, &[(&str, &str)]); 8] = [
            ("requesters", &[("email", "rik@customer.example"), ("name", "Rik")]),
            ("canned-replies", &[("shortcut", "refund"), ("body", "You will have it back."), ("shared", "yes")]),
            ("users", &[("email", "uma@acme.example"), ("role", "agent"), ("password", password)]),
            ("teams", &[("name", "Support")]),
            ("categories", &[("name", "Returns")]),
            ("tags", &[("tag", "Urgent"), ("keyword", "urgent")]),
            ("identity-providers", &PROVIDER),
            ("apikeys", &[("name", "Shop")]),
        ];
        let mut things = Vec::new();
        for (part, fields) in fields {
            let answer = self.send(&format!("{part}/new"), fields).await;
            assert!(answer.status.is_success() || answer.status.is_redirection(), "{part}: {}", text(&answer));
            let newest = ids(&self.look(part).await, part).into_iter().max().expect("an id");
            things.push(format!("{part}/{newest}"));
        }
        things.push(format!("views/{}", self.view("Urgent ones").await));
        things
    }

    /// A view that all share.
    async fn view(&self, name: &str) -> i64 {
        let staff = self.desk.app.stranger().header("authorization", &format!("Bearer {}", self.ada.token));
        let body = json!({ "name": name, "query": "priority=high&status=open,processing", "shared": true });
        staff.post_json("/desk/views", &body).await.json()["id"].as_i64().expect("an id")
    }
}

const PROVIDER: [(&str, &str); 4] = [
    ("issuer", "https://id.acme.example"),
    ("audience", "support"),
    ("jwks_url", "https://id.acme.example/keys"),
    ("algorithms", "RS256"),
];

/// The ids of the things that a list of `part` leads to.
fn ids(html: &str, part: &str) -> Vec<i64> {
    let link = format!("href=\"{SETTINGS}/{part}/");
    let links = html.split(&link).skip(1);
    links.filter_map(|rest| rest.split('"').next()?.parse().ok()).collect()
}

/// What the form on a page sends if nobody touches it.
fn untouched(html: &str) -> Vec<(String, String)> {
    let (_, form) = html.split_once("class=\"fields\">").expect("a form");
    let (form, _) = form.split_once("</form>").expect("its end");
    let attribute = |tag: &str, name: &str| {
        let value = tag.split_once(&format!("{name}=\""))?.1;
        Some(value.split_once('"')?.0.replace("&#38;", "&").replace("&#34;", "\""))
    };
    let mut fields = Vec::new();
    for tag in form.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap_or_default()) {
        if tag.contains("type=\"checkbox\"") && !tag.contains(" checked") {
            continue;
        }
        fields.extend(attribute(tag, " name").zip(attribute(tag, " value")));
    }
    for select in form.split("<select").skip(1) {
        let chosen = select.split("<option").find(|option| option.contains(" selected"));
        let value = chosen.and_then(|option| attribute(option, " value")).unwrap_or_default();
        fields.extend(attribute(select, " name").map(|name| (name, value)));
    }
    for area in form.split("<textarea").skip(1) {
        let (tag, rest) = area.split_once('>').expect("a tag");
        let value = rest.split("</textarea>").next().unwrap_or_default().trim_start().to_owned();
        fields.extend(attribute(tag, " name").map(|name| (name, value)));
    }
    fields
}

/// The same with other values; what is `""` of a box that was ticked no longer is.
fn touched(mut fields: Vec<(String, String)>, other: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.retain(|(name, _)| other.iter().all(|(touched, _)| touched != name));
    fields.extend(other.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    fields
}

async fn send_all(client: &Client, path: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    post(client, &format!("{SETTINGS}/{path}"), &fields).await
}

async fn fill(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let shown = page(client, &format!("{SETTINGS}/{path}")).await;
    assert_eq!(shown.status, StatusCode::OK, "{path}: {}", text(&shown));
    send_all(client, path, &touched(untouched(&text(&shown)), fields)).await
}

const EVERYBODY: &[Role] = &[Role::ReadOnly, Role::TeamAgent, Role::Agent, Role::Admin];
const AGENTS: &[Role] = &[Role::TeamAgent, Role::Agent, Role::Admin];
const ADMINS: &[Role] = &[Role::Admin];

/// Who may open which part, and whether something can be added to it.
const PARTS: [(&str, &[Role], bool); 12] = [
    ("me", EVERYBODY, false),
    ("requesters", AGENTS, true),
    ("canned-replies", AGENTS, true),
    ("views", EVERYBODY, false),
    ("users", ADMINS, true),
    ("teams", ADMINS, true),
    ("categories", ADMINS, true),
    ("tags", ADMINS, true),
    ("apikeys", ADMINS, true),
    ("identity-providers", ADMINS, true),
    ("workspace", ADMINS, false),
    ("audit", ADMINS, false),
];

#[tokio::test]
async fn every_page_is_open_to_whom_it_is_for_and_to_nobody_else() {
    let office = Office::new().await;
    let mut paths: Vec<(String, &[Role])> = Vec::new();
    for (part, roles, can_add) in PARTS {
        paths.push((part.to_owned(), roles));
        paths.extend(can_add.then(|| (format!("{part}/new"), roles)));
    }
    for thing in office.things().await {
        let part = PARTS.iter().find(|(part, ..)| thing.starts_with(part)).expect("its part");
        // What all share is the admins' to change.
        let is_shared = part.0 == "canned-replies" || part.0 == "views";
        paths.push((thing, if is_shared { ADMINS } else { part.1 }));
    }
    let things: Vec<String> = paths
        .iter()
        .filter(|(path, _)| path.ends_with(|c: char| c.is_ascii_digit()))
        .map(|(path, _)| path.clone())
        .collect();
    let ended = office.hire("eve@acme.example", Role::Admin).await;
    office.desk.lock_out(&ended.0).await;
    let globex = office.desk.app.workspace("Globex").await;
    let gus = office.desk.app.user(&globex, "gus@globex.example", Role::Admin).await;
    let stranger = office.desk.app.stranger();
    let sign_in = [("workspace", "Globex"), ("email", &*gus.email), ("password", PASSWORD)];
    let foreign = super::with_cookie(&stranger, &post(&stranger, "/desk/sign-in", &sign_in).await);
    let at_acme = async |email: &str, role: Role| {
        office.desk.app.user(&office.desk.acme, email, role).await;
        let sign_in = [("workspace", "Acme"), ("email", email), ("password", PASSWORD)];
        super::with_cookie(&stranger, &post(&stranger, "/desk/sign-in", &sign_in).await)
    };
    let mut callers = vec![(Some(Role::Admin), office.admin.clone())];
    for (email, role) in
        [("ro@acme.example", Role::ReadOnly), ("tim@acme.example", Role::TeamAgent), ("al@acme.example", Role::Agent)]
    {
        callers.insert(0, (Some(role), at_acme(email, role).await));
    }
    for (path, roles) in &paths {
        let address = format!("{SETTINGS}/{path}");
        for out in [&stranger, &ended.1] {
            let next = super::leads_to(&page(out, &address).await).to_owned();
            assert!(next.starts_with("/desk/sign-in?next=%2Fdesk%2Fsettings"), "{path}: {next}");
            assert_eq!(post(out, &address, &[("name", "X")]).await.status, StatusCode::UNAUTHORIZED, "{path}");
        }
        for (role, client) in &callers {
            let answer = page(client, &address).await;
            let may = role.is_some_and(|role| roles.contains(&role));
            let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(answer.status, expected, "{role:?}: {path}");
            if !may {
                assert!(text(&answer).contains("Your role does not allow this."), "{}", text(&answer));
                for action in [address.clone(), format!("{address}/remove")] {
                    let answer = post(client, &action, &[("name", "X"), ("email", "x@y.example")]).await;
                    assert!([403, 404, 405].contains(&answer.status.as_u16()), "{role:?}: {action}: {}", answer.status);
                }
            }
        }
    }
    for path in &things {
        let address = format!("{SETTINGS}/{path}");
        assert_eq!(page(&foreign, &address).await.status, StatusCode::NOT_FOUND, "{path}");
        for action in [address.clone(), format!("{address}/remove")] {
            let answer = post(&foreign, &action, &[("name", "X")]).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{action}");
        }
    }
    for (role, client) in &callers {
        let html = text(&page(client, SETTINGS).await);
        for (part, roles, _) in PARTS {
            let is_there = html.contains(&format!("href=\"{SETTINGS}/{part}\""));
            assert_eq!(is_there, role.is_some_and(|role| roles.contains(&role)), "{role:?}: {part}");
        }
    }
}

#[tokio::test]
async fn every_page_says_what_it_shows_in_words() {
    let office = Office::new().await;
    let empty = ["teams", "canned-replies", "views", "identity-providers", "requesters?q=zzz"];
    for path in empty {
        assert!(office.look(path).await.contains("class=\"empty\""), "{path}");
    }
    let things = office.things().await;
    let parts = PARTS.iter().map(|(part, ..)| (*part).to_owned());
    let blank = PARTS.iter().filter(|(.., can_add)| *can_add).map(|(part, ..)| format!("{part}/new"));
    for path in parts.chain(blank).chain(things) {
        let html = office.look(&path).await;
        let shown: String = html.split('<').filter_map(|tag| tag.split_once('>')).map(|(_, text)| text).collect();
        for raw in ["label-", "hint-", "about-", "part-", "add-", "none-", "audit-", "role-", "filter-", "remove-"] {
            assert!(!shown.contains(raw), "{path} says {raw}: {shown}");
        }
        assert_eq!(html.matches("<h1").count(), 1, "{path}");
    }
}
