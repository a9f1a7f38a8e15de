//! Secrets that are planted and looked for: in all that a server logs, in its figures, in answers that refuse, in what
//! commands complain of, and in what is said of a panic.
//!
//! The password of the database in messages and logs, also while it is away, is in `postgres/security.rs`; what is stored
//! of tokens is in `contract/login.rs` and `contract/refresh.rs`; there is no second factor yet whose secret could leak.

use std::sync::{Arc, Mutex};

use ferrodesk::domain::Entropy;
use ferrodesk::domain::user::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::{Desk, Server};
use crate::support::{PASSWORD, TestApp, TestDatabase};

const OF_THE_USER: &str = "c4n4ry-password-of-ann";
const OF_THE_ADMIN: &str = "c4n4ry-password-of-ada";
const MISTYPED: &str = "c4n4ry-password-mistyped";
const NEW: &str = "c4n4ry-password-that-is-new";
const IN_DIGITS: u64 = 9_081_726_354_453_627;
const SIGNING: &str = "c4n4ry-0f1e2d3c4b5a69788796a5b4c3d2e1f0-signing";
const OF_THE_FIGURES: &str = "c4n4ry-token-of-the-figures";
const OF_THE_REPLICA: &str = "c4n4ry-password-of-the-replica";
const OF_S3: &str = "c4n4rySecretAccessKeyOfTheBucket";

/// What must not be told, and what it is.
#[derive(Default)]
struct Canaries(Vec<(String, String)>);

impl Canaries {
    fn planted() -> Self {
        let mut planted = Self::default();
        for (what, secret) in [
            ("a user's password", OF_THE_USER),
            ("an admin's password", OF_THE_ADMIN),
            ("a mistyped password", MISTYPED),
            ("a new password", NEW),
            ("the signing secret", SIGNING),
            ("the token of the figures", OF_THE_FIGURES),
            ("the secret of S3", OF_S3),
        ] {
            planted.add(what, secret);
        }
        planted.add("a password of digits", &IN_DIGITS.to_string());
        planted
    }

    fn add(&mut self, what: &str, secret: &str) {
        assert!(secret.len() >= 8, "{what} would be found by chance");
        self.0.push((what.to_owned(), secret.to_owned()));
    }

    #[track_caller]
    fn assert_none_in(&self, place: &str, text: &str) {
        for (what, secret) in &self.0 {
            let found = text.lines().find(|line| line.contains(secret.as_str()));
            assert!(found.is_none(), "{what} stands in {place}: {}", found.unwrap_or_default());
        }
    }
}

/// Asks a server, and holds what it refuses against the canaries.
struct Caller<'a> {
    server: &'a Server,
    http: reqwest::Client,
    apikey: String,
    refused: Mutex<Vec<String>>,
}

impl Caller<'_> {
    async fn ask(&self, method: Method, path: &str, bearer: &str, body: impl ToString) -> (u16, String) {
        let request = self.http.request(method, self.server.url(path)).header("apikey", &self.apikey);
        let request = request.header("authorization", format!("Bearer {bearer}"));
        let request = request.header("content-type", "application/json").body(body.to_string());
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status().as_u16(), format!("{:?}", answer.headers()));
        let body = answer.text().await.expect("a body");
        if status >= 400 {
            self.refused.lock().expect("no panic").push(format!("{status} {headers} {body}"));
        }
        (status, body)
    }

    async fn post(&self, path: &str, bearer: &str, body: impl ToString) -> (u16, String) {
        self.ask(Method::POST, path, bearer, body).await
    }

    /// Asks for a page, and gives the status and the session that it begins, if it does.
    async fn page(&self, method: Method, path: &str, session: &str, form: &str) -> (u16, Option<String>) {
        let address = self.server.url("").replace("/api/v1/", path);
        let request =
            self.http.request(method, address).header("cookie", session).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let begun = answer.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok());
        let begun = begun.and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
        let body = answer.text().await.expect("a body");
        if status >= 400 {
            self.refused.lock().expect("no panic").push(format!("{status} {body}"));
        }
        (status, begun)
    }

    /// Signs in to pages; gives the cookie.
    async fn session(&self, home: &str, email: &str, password: &str) -> String {
        let form = format!("email={email}&password={password}");
        let (status, begun) = self.page(Method::POST, &format!("{home}/sign-in"), "", &form).await;
        assert_eq!(status, 303);
        begun.expect("a session")
    }
}

fn tokens(answer: &(u16, String)) -> (String, String) {
    assert_eq!(answer.0, 200, "{}", answer.1);
    let body: Value = serde_json::from_str(&answer.1).expect("JSON");
    let text = |name: &str| body[name].as_str().expect("text").to_owned();
    (text("access"), text("refresh"))
}

/// Signs in, uses what is had and fails in many ways, and gives all that the server said of it.
async fn a_day_at(desk: &Desk, mut canaries: Canaries) {
    desk.add_user("ann@example.com", "customer", OF_THE_USER);
    desk.add_user("ada@example.com", "admin", OF_THE_ADMIN);
    let apikey =
        desk.json("apikey add --workspace Acme --name web --json")["apikey"].as_str().expect("text").to_owned();
    canaries.add("an apikey", &apikey);
    let server = desk.serve();
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let caller = Caller { server: &server, http, apikey, refused: Mutex::default() };
    let login = |username: &str, password: &str| json!({ "username": username, "password": password });

    // What goes well.
    let ann = tokens(&caller.post("user/login/", "", login("ann@example.com", OF_THE_USER)).await);
    let ada = tokens(&caller.post("user/login/", "", login("ada@example.com", OF_THE_ADMIN)).await);
    let next = tokens(&caller.post("user/token/refresh/", "", json!({ "refresh": ann.1 })).await);
    for (what, token) in [("an access token", &ann.0), ("a refresh token", &ann.1), ("a staff token", &ada.0)] {
        canaries.add(what, token);
    }
    canaries.add("the next refresh token", &next.1);
    let made = caller.post("desk/apikeys", &ada.0, json!({ "name": "shop" })).await;
    let made: Value = serde_json::from_str(&made.1).expect("JSON");
    canaries.add("an apikey that the desk made", made["apikey"].as_str().expect("text"));
    let hire = |password: Value| json!({ "email": "new@example.com", "role": "agent", "password": password });
    assert_eq!(caller.post("desk/users", &ada.0, hire(json!(NEW))).await.0, 201);
    assert_eq!(caller.ask(Method::GET, "support/get/ticket/history/", &next.0, "").await.0, 200);

    let sessions = [
        ("/desk", caller.session("/desk", "ada@example.com", OF_THE_ADMIN).await),
        ("/help", caller.session("/help", "ann@example.com", OF_THE_USER).await),
    ];
    for (home, session) in &sessions {
        canaries.add("a session", session.split_once('=').expect("a value").1);
        assert!(caller.page(Method::GET, home, session, "").await.0 < 400, "{home}");
    }

    // What fails.
    for (home, session) in &sessions {
        assert_eq!(caller.page(Method::GET, &format!("{home}/tickets/999999"), session, "").await.0, 404);
        let broken = format!("{session}x");
        assert!(
            caller.page(Method::POST, &format!("{home}/tickets/1"), &broken, &format!("a={MISTYPED}")).await.0 >= 400
        );
        let guess = format!("email=ann@example.com&password={MISTYPED}");
        assert!(caller.page(Method::POST, &format!("{home}/sign-in"), session, &guess).await.0 >= 400);
    }
    for body in [
        login("ann@example.com", MISTYPED).to_string(),
        login(OF_THE_USER, "ann@example.com").to_string(),
        json!({ "username": "ann@example.com", "password": [OF_THE_USER] }).to_string(),
        json!({ "username": ["ann@example.com"], "password": { "is": OF_THE_USER } }).to_string(),
        format!("{{\"username\": \"ann@example.com\", \"password\": \"{OF_THE_USER}"),
        format!("{{\"username\": \"ann@example.com\", \"password\": {OF_THE_USER}}}"),
        format!("username=ann@example.com&password={OF_THE_USER}"),
    ] {
        assert!(caller.post("user/login/", "", body).await.0 >= 400);
    }
    for password in [json!([NEW]), json!({ "is": NEW }), json!(IN_DIGITS), json!("c4n4ry")] {
        assert!(caller.post("desk/users", &ada.0, hire(password)).await.0 >= 400);
    }
    let change = |current: Value, new: Value| json!({ "password": { "current": current, "new": new } });
    for body in [
        change(json!(MISTYPED), json!(NEW)),
        change(json!(IN_DIGITS), json!([NEW])),
        json!({ "password": NEW }),
        json!({ "password": IN_DIGITS }),
    ] {
        let (status, body) = caller.ask(Method::PATCH, "desk/me", &ada.0, body).await;
        assert!(status >= 400, "{body}");
    }
    for refresh in [json!(ann.1), json!([next.1]), json!({ "is": next.1 }), json!(next.0)] {
        assert!(caller.post("user/token/refresh/", "", json!({ "refresh": refresh })).await.0 >= 400);
    }
    for path in [format!("support/ticket/download/{}/", ann.1), format!("support/{}/", ann.1)] {
        assert_eq!(caller.ask(Method::GET, &path, &ada.0, "").await.0, 404);
    }
    let broken = format!("{}x", ada.0);
    let in_query = format!("support/get/ticket/history/?limit={}", ann.0);
    for (path, bearer) in [("desk/tickets", &broken), ("support/get/ticket/history/", &ann.1), (&*in_query, &ada.0)] {
        assert!(caller.ask(Method::GET, path, bearer, "").await.0 >= 400, "{path}");
    }

    let root = server.url("").replace("/api/v1/", "");
    let figures = caller.http.get(format!("{root}/metrics"));
    let wrong = figures.try_clone().expect("no body").bearer_auth(MISTYPED).send().await.expect("an answer");
    assert_eq!(wrong.status(), 401);
    let figures = figures.bearer_auth(OF_THE_FIGURES).send().await.expect("an answer").text().await.expect("text");
    assert!(figures.contains("ferrodesk_http_requests"), "{figures}");
    canaries.assert_none_in("the figures", &figures);
    for refused in caller.refused.into_inner().expect("no panic").iter().chain([&wrong.text().await.expect("text")]) {
        canaries.assert_none_in("an answer", refused);
    }
    let (status, log) = server.terminate();
    assert_eq!(status, Some(0));
    for told in ["/user/login", "a password is held against a hash", "stopped"] {
        assert!(log.contains(told), "the log is not whole: {told}");
    }
    canaries.assert_none_in("the log", &log);
    let check = desk.run("check --json");
    canaries.assert_none_in("the check", &String::from_utf8_lossy(&[check.stdout, check.stderr].concat()));
}

/// A desk whose settings are all canaries, and which logs all there is.
fn talkative() -> Desk {
    let mut desk = Desk::new();
    desk.set("FERRODESK_LOG", "ferrodesk=trace,debug,object_store=debug,rustls_platform_verifier=debug");
    desk.set("FERRODESK_SECRET", SIGNING);
    desk.set("FERRODESK_METRICS_TOKEN", OF_THE_FIGURES);
    desk
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_leaves_a_server_whose_bucket_is_away() {
    let mut desk = talkative();
    for (name, value) in [
        ("FERRODESK_BLOBS", "s3://bucket/prefix"),
        ("FERRODESK_S3_ENDPOINT", "http://127.0.0.1:9"),
        ("FERRODESK_S3_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("FERRODESK_S3_SECRET_ACCESS_KEY", OF_S3),
        ("FERRODESK_S3_TIMEOUT_SECONDS", "2"),
    ] {
        desk.set(name, value);
    }
    desk.json("workspace add Acme --json");
    a_day_at(&desk, Canaries::planted()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_leaves_a_server_on_postgres_and_s3() {
    let (database, mut canaries) = (TestDatabase::postgres(), Canaries::planted());
    let given = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name}: script/services --s3 sets it"));
    let mut desk = talkative();
    let password = database.url().split_once("://postgres:").expect("a password").1.split_once('@').expect("a host").0;
    canaries.add("the password of the database", password);
    canaries.add("the secret of the bucket", &given("TEST_S3_SECRET_ACCESS_KEY"));
    canaries.add("the password of the replica", OF_THE_REPLICA);
    desk.set("FERRODESK_DATABASE", database.url());
    // It is away.
    desk.set("FERRODESK_READ_DATABASE", &format!("postgres://desk:{OF_THE_REPLICA}@127.0.0.1:9/desk"));
    desk.set("FERRODESK_BLOBS", &format!("s3://{}/canaries-{}", given("TEST_S3_BUCKET"), database.name()));
    desk.set("FERRODESK_S3_ENDPOINT", &given("TEST_S3_ENDPOINT"));
    desk.set("FERRODESK_S3_ACCESS_KEY_ID", &given("TEST_S3_ACCESS_KEY_ID"));
    desk.set("FERRODESK_S3_SECRET_ACCESS_KEY", &given("TEST_S3_SECRET_ACCESS_KEY"));
    desk.json("workspace add Acme --json");
    a_day_at(&desk, canaries).await;
}

#[test]
fn settings_that_cannot_be_are_refused_without_repeating_a_secret() {
    let canaries = Canaries::planted();
    let file = |text: &str| {
        let desk = Desk::new();
        let path = desk.path().join("settings.toml");
        std::fs::write(&path, text).expect("a file");
        let refusal = desk.refusal(&format!("check --config {}", path.display()));
        canaries.assert_none_in(text, &refusal);
    };
    for name in ["secret", "metrics_token", "s3_secret_access_key", "database"] {
        file(&format!("{name} = \"{SIGNING}"));
        file(&format!("{name} = {SIGNING}"));
        file(&format!("{name} = {IN_DIGITS}"));
        file(&format!("{name} = [\"{SIGNING}\"]"));
        file(&format!("{name} = {{ is = \"{SIGNING}\" }}"));
        file(&format!("{name} = \"{SIGNING}\"\n{name} = \"{SIGNING}\""));
    }
    for (name, value) in [
        ("FERRODESK_SECRET", "c4n4ry-password-of-ann"),
        ("FERRODESK_S3_SECRET_ACCESS_KEY", OF_S3),
        ("FERRODESK_DATABASE", &*format!("postgres://desk:{OF_THE_USER}@127.0.0.1:9/desk")),
    ] {
        let mut desk = Desk::new();
        desk.set(name, value);
        if name.contains("S3") {
            desk.set("FERRODESK_BLOBS", "s3://bucket");
        }
        canaries.assert_none_in(name, &desk.refusal("serve --listen 127.0.0.1:0"));
    }
    let desk = Desk::with_acme();
    let line = "user add --workspace Acme --email x --role customer --password-stdin";
    let refused = desk.run_with(line, OF_THE_USER);
    canaries.assert_none_in("a refusal", &String::from_utf8_lossy(&refused.stderr));
}

#[test]
fn commands_that_reach_nothing_say_so_and_not_with_what_they_tried() {
    let (canaries, source) = (Canaries::planted(), Desk::with_acme());
    let archive = source.path().join("backup.tar");
    source.json(&format!("backup {} --json", archive.display()));
    let from = format!("sqlite:{}", source.path().join("ferrodesk.db").display());
    let bucket_is_away = [
        ("FERRODESK_BLOBS", "s3://bucket/prefix"),
        ("FERRODESK_S3_ENDPOINT", "http://127.0.0.1:9"),
        ("FERRODESK_S3_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("FERRODESK_S3_SECRET_ACCESS_KEY", OF_S3),
        ("FERRODESK_S3_TIMEOUT_SECONDS", "1"),
    ];
    let database = format!("postgres://desk:{OF_THE_USER}@127.0.0.1:9/desk");
    let database_is_away = [("FERRODESK_DATABASE", &*database)];
    let (new, restore) =
        (source.path().join("new.tar").display().to_string(), format!("restore {}", archive.display()));
    let to_database = format!("copy --from {from} --to {database} --blobs-to file:{new}.blobs");
    let to_bucket = format!("copy --from {from} --to sqlite:{new}.db --blobs-to s3://bucket/copy");
    let needs_either = [&*format!("backup {new}"), &restore, "check --contents", "claim-blobs"];
    let needs_database = ["migrate", "workspace list", "disclaim-blobs", &to_database, "serve --listen 127.0.0.1:0"];
    let either = needs_either.iter().flat_map(|line| [(&bucket_is_away[..], *line), (&database_is_away[..], *line)]);
    let database = needs_database.iter().map(|line| (&database_is_away[..], *line));
    for (settings, line) in either.chain(database).chain([(&bucket_is_away[..], &*to_bucket)]) {
        let mut desk = if settings.len() > 1 && !line.starts_with("restore") { Desk::with_acme() } else { Desk::new() };
        desk.set("FERRODESK_LOG", "ferrodesk=trace,debug");
        for (name, value) in settings {
            desk.set(name, value);
        }
        let done = desk.run(line);
        let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
        assert_eq!(done.status.code(), Some(1), "{line}: {said}");
        assert!(
            said.contains("the store of attachments cannot be reached") || said.contains("127.0.0.1:9/desk"),
            "{line}: {said}"
        );
        canaries.assert_none_in(line, &said);
    }
}

/// A source of randomness that has none.
struct Broken;

impl Entropy for Broken {
    fn fill(&self, _: &mut [u8]) {
        panic!("no randomness");
    }
}

#[tokio::test]
async fn a_panic_tells_nothing_of_what_was_being_done() {
    let log = crate::support::logs::Log::caught("ferrodesk=trace,debug");
    let app = TestApp::new();
    let acme = app.workspace("Acme").await;
    let ann = app.user(&acme, "ann@customer.example", Role::Customer).await;
    let said = Arc::new(Mutex::new(String::new()));
    let heard = Arc::clone(&said);
    std::panic::set_hook(Box::new(move |panic| heard.lock().expect("no panic").push_str(&panic.to_string())));
    let client = app.stranger_where_chance_is(Arc::new(Broken)).header("apikey", &acme.apikey);
    let answer = client.post_json("/user/login/", &json!({ "username": ann.email, "password": PASSWORD })).await;
    let _ = std::panic::take_hook();
    answer.assert_failure(500, "Server Error", &json!({ "detail": ["A server error occurred."] }));
    let said = said.lock().expect("no panic").clone();
    assert!(said.contains("no randomness"), "{said}");
    let mut canaries = Canaries::default();
    for (what, secret) in [("a password", PASSWORD), ("an apikey", &acme.apikey), ("a token", &ann.token)] {
        canaries.add(what, secret);
    }
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    for (place, text) in [("the panic", said), ("the log", log.text()), ("the answer", body)] {
        canaries.assert_none_in(place, &text);
    }
}
