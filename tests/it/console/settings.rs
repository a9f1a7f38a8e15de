//! The settings over HTTP.

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

#[rstest]
#[case("teams/new", &[("name", "  ")], 422, "name", "Fill this in.")]
#[case("teams/new", &[("name", "a\u{7}b")], 422, "name", "all of them visible")]
#[case("teams/new", &[("name", "First")], 409, "name", "taken already")]
#[case("teams/new", &[("name", "New"), ("members", "999")], 422, "members", "Choose one of those")]
#[case("users/new", &[("email", "ada"), ("password", "long enough")], 422, "email", "not an e-mail address")]
#[case("users/new", &[("email", "ADA@acme.example"), ("password", "long enough")], 409, "email", "taken already")]
#[case("users/new", &[("email", "new@acme.example"), ("password", "tiny-pw")], 422, "password", "8 characters or more")]
#[case("users/new", &[("email", "new@acme.example"), ("password", "")], 422, "password", "Fill this in.")]
#[case("users/new", &[("email", "n@a.example"), ("password", "long enough"), ("role", "customer")], 422, "role", "Choose")]
#[case("requesters/new", &[("email", "ann@customer.example")], 409, "email", "taken already")]
#[case("categories/new", &[("name", "Billing")], 409, "name", "taken already")]
#[case("tags/new", &[("tag", "Refund"), ("keyword", "x")], 409, "tag", "taken already")]
#[case("canned-replies/new", &[("shortcut", "two words"), ("body", "x")], 422, "shortcut", "one word of 50")]
#[case("canned-replies/new", &[("shortcut", "one"), ("body", "")], 422, "body", "Fill this in.")]
#[case("apikeys/new", &[("name", "")], 422, "name", "Fill this in.")]
#[case("identity-providers/new", &[("issuer", "a"), ("audience", "b"), ("jwks_url", "http://evil.example/")], 422, "jwks_url", "begins with https")]
#[case("identity-providers/new", &[("issuer", "a"), ("audience", "b"), ("jwks_url", "https://a.example/"), ("algorithms", "HS256")], 422, "algorithms", "Choose one of those")]
#[case("workspace", &[("open_ticket_limit", "-1")], 422, "open_ticket_limit", "0 or more")]
#[case("workspace", &[("name", "Globex")], 409, "name", "taken already")]
#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    #[case] path: &str,
    #[case] fields: &[(&str, &str)],
    #[case] status: u16,
    #[case] field: &str,
    #[case] words: &str,
) {
    let office = Office::new().await;
    office.add("teams", &[("name", "First")]).await;
    office.desk.app.workspace("Globex").await;
    let answer = office.send(path, fields).await;
    let html = text(&answer);
    assert_eq!(answer.status.as_u16(), status, "{html}");
    let problem = html.split_once(&format!("id=\"{field}-problem\"")).map(|(_, rest)| rest).unwrap_or_default();
    let problem = problem.split("</p>").next().unwrap_or_default();
    assert!(problem.contains(words), "{field}: {problem}");
    let kept = untouched(&html);
    for (name, value) in fields.iter().filter(|(name, value)| *name != "password" && !value.trim().is_empty()) {
        let is_offered = *value != "999" && *value != "customer" && *value != "HS256";
        assert_eq!(kept.iter().any(|(n, v)| n == name && v == value), is_offered, "{name} in {kept:?}");
    }
    assert!(fields.iter().all(|(name, value)| *name != "password" || value.is_empty() || !html.contains(value)));
}

#[tokio::test]
async fn the_last_admin_cannot_lock_the_door_behind_them() {
    let office = Office::new().await;
    let path = format!("users/{}", office.ada.requester.user);
    for change in [[("role", "agent")], [("active", "")]] {
        let mut fields = untouched(&office.look(&path).await);
        fields.retain(|(name, _)| name != change[0].0);
        fields.extend(change.iter().filter(|(_, v)| !v.is_empty()).map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        let answer = send_all(&office.admin, &path, &fields).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        assert!(text(&answer).contains("This is the last active administrator."), "{}", text(&answer));
    }
}

#[tokio::test]
async fn what_changed_meanwhile_comes_back_with_what_was_typed_and_how_it_is_now() {
    let office = Office::new().await;
    for path in office.things().await {
        let part = path.split('/').next().expect("a part");
        let (field, one, other) = match part {
            "apikeys" => continue,
            "tags" => ("keyword", "first", "second"),
            "canned-replies" => ("body", "First text", "Second text"),
            "identity-providers" => ("audience", "first", "second"),
            _ => ("name", "First", "Second"),
        };
        let seen = untouched(&office.look(&path).await);
        leads_to(&office.send(&path, &[(field, one)]).await);
        let answer = send_all(&office.admin, &path, &touched(seen, &[(field, other)])).await;
        let html = text(&answer);
        assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED, "{path}: {html}");
        assert!(html.contains("Somebody changed this while you had it open.") && html.contains(&format!("Now: {one}")));
        let again = untouched(&html);
        assert!(again.iter().any(|(name, value)| name == field && value == other), "{again:?}");
        // Now that it has been seen, it may be had.
        leads_to(&send_all(&office.admin, &path, &again).await);
        let now = untouched(&office.look(&path).await);
        assert!(now.iter().any(|(name, value)| name == field && value == other), "{path}: {now:?}");
        if !["canned-replies", "views", "identity-providers"].contains(&part) {
            continue;
        }
        let stale = [("version", "stale"), ("key", "another")];
        let answer = post(&office.admin, &format!("{SETTINGS}/{path}/remove"), &stale).await;
        assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED, "{path}");
        office.look(&path).await;
    }
}

#[tokio::test]
async fn a_form_that_is_sent_twice_adds_one() {
    let office = Office::new().await;
    let once: [(&str, &[(&str, &str)]); 3] = [
        ("teams", &[("name", "Support")]),
        ("apikeys", &[("name", "Shop")]),
        ("requesters", &[("email", "rik@customer.example")]),
    ];
    for (part, fields) in once {
        let path = format!("{part}/new");
        let before = ids(&office.look(part).await, part).len();
        let fields = touched(untouched(&office.look(&path).await), fields);
        let (first, again) =
            tokio::join!(send_all(&office.admin, &path, &fields), send_all(&office.admin, &path, &fields));
        assert_eq!(first.status, again.status, "{part}: {} {}", text(&first), text(&again));
        assert_eq!(ids(&office.look(part).await, part).len(), before + 1, "{part}");
        // The same form with something else in it was not meant to be the same.
        let other = touched(fields, &[("name", "Other"), ("email", "other@customer.example")]);
        let answer = send_all(&office.admin, &path, &other).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{part}");
        assert!(text(&answer).contains("sent before with something else"), "{}", text(&answer));
        let answer = send_all(&office.admin, &path, &untouched(&text(&answer))).await;
        assert!(answer.status.is_redirection() || answer.status.is_success(), "{part}: {}", text(&answer));
        assert_eq!(ids(&office.look(part).await, part).len(), before + 2, "{part}");
    }
}

#[tokio::test]
async fn an_apikey_is_shown_once_works_and_is_revoked() {
    let office = Office::new().await;
    let answer = office.send("apikeys/new", &[("name", "Shop")]).await;
    let html = text(&answer);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let key = html.split_once("class=\"secret\">").and_then(|(_, rest)| rest.split_once('<')).expect("a key").0;
    assert!(key.starts_with("fdk_") && html.contains("Copy it now"), "{html}");
    let application = office.desk.client.clone().header("apikey", key);
    assert_eq!(application.get("/support/get/category-list/").await.status, StatusCode::OK);

    let list = office.look("apikeys").await;
    let id = ids(&list, "apikeys").into_iter().max().expect("an id");
    let path = format!("apikeys/{id}");
    let page = office.look(&path).await;
    for html in [&list, &page, &office.look("audit").await] {
        assert!(!html.contains(key) && !html.contains(&key[12..]), "{html}");
    }
    for kept in office.desk.app.kept_answers().await {
        assert!(!String::from_utf8_lossy(&kept).contains(key), "it is kept in the clear");
    }
    let version = page.split_once("name=\"version\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
    let fields = [("version", version.expect("a version").0)];
    assert_eq!(
        leads_to(&post(&office.admin, &format!("{SETTINGS}/{path}/remove"), &fields).await),
        "/desk/settings/apikeys"
    );
    assert_eq!(application.get("/support/get/category-list/").await.status, StatusCode::UNAUTHORIZED);
    let page = office.look(&path).await;
    assert!(page.contains("Revoked") && !page.contains("Revoke this key"), "{page}");
}

#[tokio::test]
async fn ones_own_password_is_changed_by_who_knows_it_and_they_stay_signed_in() {
    let office = Office::new().await;
    let elsewhere = signed_in(&office.desk, &office.ada).await;
    let new = "another long password";
    let answer = office.send("me", &[("name", "Ada K."), ("current", "guess"), ("new", new)]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let html = text(&answer);
    assert!(html.contains("That is not your current password.") && html.contains("Ada K."), "{html}");
    assert!(!html.contains("guess") && !html.contains(new), "{html}");

    let answer = office.send("me", &[("name", "Ada K."), ("current", PASSWORD), ("new", new)]).await;
    assert_eq!(leads_to(&answer), "/desk/settings/me");
    let here = super::with_cookie(&office.admin, &answer);
    assert!(text(&page(&here, "/desk/settings/me").await).contains("Ada K."));
    leads_to(&page(&elsewhere, "/desk/settings/me").await);
    let stranger = office.desk.app.stranger();
    let old = post(&stranger, "/desk/sign-in", &[("email", &office.ada.email), ("password", PASSWORD)]).await;
    assert_eq!(old.status, StatusCode::FORBIDDEN);
    leads_to(&post(&stranger, "/desk/sign-in", &[("email", &office.ada.email), ("password", new)]).await);
}

#[tokio::test]
async fn single_keys_are_turned_off_and_on() {
    let office = Office::new().await;
    let shown = untouched(&office.look("me").await);
    let ticked = |fields: &[(String, String)]| fields.iter().any(|(name, _)| name == "shortcuts");
    let mut other = shown.clone();
    other.retain(|(name, _)| name != "shortcuts");
    if !ticked(&shown) {
        other.push(("shortcuts".to_owned(), "yes".to_owned()));
    }
    leads_to(&send_all(&office.admin, "me", &other).await);
    assert_ne!(ticked(&untouched(&office.look("me").await)), ticked(&shown));
}

#[tokio::test]
async fn who_is_put_into_a_team_elsewhere_meanwhile_stays_in_it() {
    let office = Office::new().await;
    let (hana, _) = office.hire("hana@acme.example", Role::Agent).await;
    let user = hana.requester.user.to_string();
    let [first, second] =
        [office.add("teams", &[("name", "One")]).await, office.add("teams", &[("name", "Two")]).await];
    let path = format!("users/{user}");
    let seen = untouched(&office.look(&path).await);
    leads_to(&office.send(&format!("teams/{first}"), &[("members", &user)]).await);
    leads_to(&send_all(&office.admin, &path, &touched(seen, &[("teams", &second.to_string())])).await);
    for team in [first, second] {
        let members = untouched(&office.look(&format!("teams/{team}")).await);
        assert!(members.contains(&("members".to_owned(), user.clone())), "{team}: {members:?}");
    }
}

#[tokio::test]
async fn categories_are_put_in_order() {
    let office = Office::new().await;
    let last = office.add("categories", &[("name", "Returns")]).await;
    leads_to(&office.send(&format!("categories/{last}"), &[("place", "1")]).await);
    let html = office.look("categories").await;
    assert!(html.find(">Returns<") < html.find(">Billing<"), "{html}");
}

#[tokio::test]
async fn requesters_are_found_and_come_in_pages() {
    let office = Office::new().await;
    let staff = office.desk.app.stranger().header("authorization", &format!("Bearer {}", office.ada.token));
    for number in 0..55 {
        let body = json!({ "email": format!("c{number:02}@customer.example"), "name": format!("Name {number}") });
        assert_eq!(staff.post_json("/desk/requesters", &body).await.status, StatusCode::CREATED);
    }
    let first = office.look("requesters?q=C").await;
    assert_eq!(ids(&first, "requesters").len(), 50);
    let next = first.split_once("rel=\"next\" href=\"").and_then(|(_, rest)| rest.split_once('"')).expect("a link").0;
    let next = next.replace("&#38;", "&");
    let second = text(&page(&office.admin, &next).await);
    assert_eq!(ids(&second, "requesters").len(), 5, "{second}");
    assert!(second.contains("c54@customer.example") && !second.contains("rel=\"next\""));
    let found = office.look("requesters?q=Name+54").await;
    assert_eq!(ids(&found, "requesters").len(), 1, "{found}");
}

#[tokio::test]
async fn the_audit_log_tells_names_and_is_narrowed_down() {
    let office = Office::new().await;
    let (hana, _) = office.hire("hana@acme.example", Role::Agent).await;
    office.desk.name(hana.requester, "Hana Sato").await;
    let team = office.add("teams", &[("name", "Support")]).await;
    office.desk.app.clock.advance(std::time::Duration::from_hours(48));
    let fields = [("name", "Helpers"), ("members", &*hana.requester.user.to_string())];
    leads_to(&office.send(&format!("teams/{team}"), &fields).await);
    office.add("tags", &[("tag", "Urgent"), ("keyword", "urgent")]).await;
    let rows = |html: &str| html.matches("<th scope=\"row\">").count();
    let all = office.look("audit").await;
    assert_eq!(rows(&all), 3, "{all}");
    assert!(all.find("Tag added: Urgent") < all.find("Team changed: Helpers"), "the newest first");
    for words in ["Ada Lovelace", "<del>Support</del>", "<ins>Helpers</ins>", "<ins>Hana Sato</ins>", "Members"] {
        assert!(all.contains(words), "no {words} in {all}");
    }
    let ada = office.ada.requester.user;
    for (query, expected) in [
        (format!("actor={ada}"), 3),
        (format!("actor={}", hana.requester.user), 0),
        ("thing=team".to_owned(), 2),
        ("doing=added".to_owned(), 2),
        ("thing=team&doing=changed".to_owned(), 1),
        ("thing=workspace&doing=added".to_owned(), 0),
        (format!("thing=team&subject={team}"), 2),
        ("until=2027-01-15".to_owned(), 1),
        ("from=2027-01-16".to_owned(), 2),
        ("from=nonsense&thing=nothing".to_owned(), 3),
    ] {
        let html = office.look(&format!("audit?{query}")).await;
        assert_eq!(rows(&html), expected, "{query}: {html}");
    }
}

#[tokio::test]
async fn what_one_owns_is_nobody_elses_business() {
    let office = Office::new().await;
    let (_, hana) = office.hire("hana@acme.example", Role::Agent).await;
    let own = fill(&hana, "canned-replies/new", &[("shortcut", "hers"), ("body", "Hers alone")]).await;
    leads_to(&own);
    let html = text(&page(&hana, &format!("{SETTINGS}/canned-replies")).await);
    let id = ids(&html, "canned-replies")[0];
    assert!(!text(&page(&hana, &format!("{SETTINGS}/canned-replies/new")).await).contains("name=\"shared\""));
    assert!(!office.look("canned-replies").await.contains("hers"));
    let path = format!("{SETTINGS}/canned-replies/{id}");
    assert_eq!(page(&office.admin, &path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(post(&office.admin, &format!("{path}/remove"), &[]).await.status, StatusCode::NOT_FOUND);
    let shared = fill(&hana, "canned-replies/new", &[("shortcut", "ours"), ("body", "x"), ("shared", "yes")]).await;
    let html = text(&page(&hana, &format!("{SETTINGS}/canned-replies")).await);
    assert!(shared.status == StatusCode::FORBIDDEN || html.contains("Yours"), "{html}");
    assert!(!office.look("canned-replies").await.contains("ours<"), "an agent's reply is everybody's");
}
