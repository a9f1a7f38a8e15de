//! To another engine and back: nothing is lost, and everybody goes on as before.

use ferrodesk::config::{Config, Flags};
use ferrodesk::domain::conversation::Visibility;
use ferrodesk::domain::{CategoryId, TagId};
use ferrodesk::jobs::seal::seal;
use http::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::{Place, copied, copying, output, refused, succeeded, sums};
use crate::cli::Server;
use crate::support::{
    CONVERSATION, CREATE, Client, Desk, PASSWORD, SignedIn, TestApp, TestWorkspace, download, fields_of, s3,
};

const ODD: [&str; 6] = [
    "it's \"quoted\" \\ and; -- commented",
    "of\nseveral\r\nlines\tand tabs ",
    "🦀 crabs, עברית, ﷽, e\u{301}, \u{200b}zero width",
    "\\x00 \\. \\N NULL $1 %s {} {0}",
    "'",
    "ß ẞ ſ İ ı",
];

const LOGIN: &str = "/user/login/";

/// What the staff leave behind.
const OF_THE_DESK: &str = "
    INSERT INTO team (workspace_id, name, active, created_at) VALUES (1, 'Refunds', TRUE, 1);
    INSERT INTO team_member (workspace_id, team_id, user_id) SELECT 1, 1, MIN(id) FROM app_user;
    UPDATE app_user SET name = 'Ann Ä', shortcuts = FALSE WHERE id = 1;
    UPDATE ticket SET assignee_id = 1, team_id = 1, snoozed_until = 2000000000000000, merged_into = 2 WHERE id = 3;
    INSERT INTO canned_reply (workspace_id, owner_id, shortcut, body, created_at)
        VALUES (1, NULL, 'thanks', 'Thank you', 1), (1, 1, 'thanks', 'Thanks a lot', 2);
    INSERT INTO saved_view (workspace_id, owner_id, shared, name, query, created_at) VALUES (1, 1, TRUE, 'Mine', 'a=b', 1);
    INSERT INTO draft (workspace_id, user_id, ticket_id, internal, body, updated_at) VALUES (1, 1, 1, TRUE, 'Dear', 1);
    INSERT INTO ticket_seen (workspace_id, user_id, ticket_id, event_id) VALUES (1, 1, 1, 1);
    INSERT INTO console_cookie (token_hash, workspace_id, session_id, expires_at) SELECT x'00ff', 1, MIN(id), 1 FROM session;
    INSERT INTO audit (workspace_id, actor_id, at, kind, subject_id, after) VALUES (1, 1, 1, 'team.added', 1, '{}');
    UPDATE sqlite_sequence SET seq = 100 WHERE name = 'audit'";

/// What there was before anything was copied.
pub struct Filled {
    pub place: Place,
    pub acme: TestWorkspace,
    pub ann: SignedIn,
    /// The answer of a sign-in with an Idempotency-Key.
    kept: Value,
    /// What Ann sees.
    seen: Value,
}

/// Fills an installation with something of every kind.
pub async fn filled() -> Filled {
    let place = Place::sqlite();
    let folder = tempfile::Builder::new().prefix("fill").tempdir_in(place.path()).expect("a folder");
    let app = TestApp::in_files(folder);
    let (acme, ann) = app.acme().await;
    let client = app.client(&acme, &ann);
    let desk = Desk { app, acme, ann, client };
    let agent = desk.agent().await;
    let (globex, gil) = desk.foreigner().await;
    desk.set(Some(0), None).await;
    for (number, text) in ODD.iter().enumerate() {
        let fields = desk.ticket_fields().with("subject", text).with("comment", text);
        let name = format!("file {number}.txt");
        // The same bytes twice.
        let bytes = [b"x".as_slice(), b"the same", b"the same", b"\0\xff other"][number % 4];
        let ticket = desk.client.post_parts(CREATE, &fields.parts(&[(&name, bytes)])).await.ticket_id();
        let reply = json!({ "ticket": ticket, "comment": text });
        assert_eq!(desk.client.post_json(CONVERSATION, &reply).await.status, StatusCode::OK);
        let visibility = if number % 2 == 0 { Visibility::Internal } else { Visibility::Public };
        let file = desk.stored("answer.txt", b"an answer").await;
        desk.answer(agent, ticket, visibility, Some(file)).await;
        match number {
            1 => desk.close(ticket).await,
            2 => desk.lock(agent, ticket, true).await,
            _ => {}
        }
    }
    let big = desk.ticket_fields().with("comment", &"long and 長い ".repeat(4000));
    desk.client.post_json(CREATE, &big.json()).await.ticket_id();
    gil.post_json(CREATE, &fields_of(&globex).json()).await.ticket_id();
    let tags = "INSERT INTO ticket_tag SELECT workspace_id, id, 1 FROM ticket WHERE workspace_id = 1 AND id % 2 = 0";
    desk.app.write(move |tx| Ok(tx.execute(tags, &[])?)).await;
    let kept = sign_in(&desk.app.application(&desk.acme).header("idempotency-key", "kept")).await;
    let seen = all_that_is_seen(&desk.client).await;
    let (acme, ann) = (desk.acme.clone(), desk.ann.clone());
    desk.app.state.store().close();
    for name in ["ferrodesk.db", "blobs", "secret.key"] {
        std::fs::rename(desk.app.folder().join(name), place.path().join(name)).expect("the installation is moved");
    }
    drop(desk);
    // What no request leaves behind: users of an identity provider, and ids that were given and are gone.
    place.database.run(
        "INSERT INTO identity_provider (id, workspace_id, issuer, audience, jwks_url, algorithms, created_at)
             VALUES (7, 1, 'https://id.example', 'desk', 'https://id.example/keys', 'RS256', 1);
         INSERT INTO app_user (workspace_id, email, email_folded, role, idp_issuer, idp_subject, active, created_at)
             VALUES (1, 'Ida@id.example', 'ida@id.example', 'customer', 'https://id.example', '', FALSE, -1);
         UPDATE sequence SET value = value + 100 WHERE name = 'ticket';
         UPDATE sqlite_sequence SET seq = seq + 100 WHERE name = 'event'",
    );
    place.database.run(OF_THE_DESK);
    let store = place.database.open();
    assert!(seal(&store).await.expect("sealed") > 0);
    store.close();
    Filled { place, acme, ann, kept, seen }
}

async fn sign_in(client: &Client) -> Value {
    let answer = client.post_json(LOGIN, &json!({ "username": "ann@customer.example", "password": PASSWORD })).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()
}

/// A customer's history, every ticket in it and every file.
async fn all_that_is_seen(client: &Client) -> Value {
    let history = client.get("/support/get/ticket/history/").await.data();
    let mut seen = vec![history.clone()];
    for ticket in history["TicketList"].as_array().expect("a list") {
        let view = client.get(&format!("/support/ticket/detailed-view/?ticket_id={}", ticket["id"])).await.data();
        for file in view["attachments"].as_array().expect("a list") {
            let file = download(client, &file["id"]).await;
            assert_eq!(file.status, StatusCode::OK, "{file:?}");
            seen.push(json!([file.header("content-type"), file.header("content-disposition"), file.body]));
        }
        seen.push(view);
    }
    assert!(seen.len() > 15, "{} things are seen", seen.len());
    Value::Array(seen)
}

/// Sends a request to a server that runs.
async fn ask(server: &Server, filled: &Filled, token: Option<&str>, path: &str, body: Option<Value>) -> (u16, Value) {
    let http = reqwest::Client::new();
    let mut request = body.map_or_else(|| http.get(server.url(path)), |body| http.post(server.url(path)).json(&body));
    request = request.header("apikey", &filled.acme.apikey);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if path == "user/login/" {
        request = request.header("idempotency-key", "kept");
    }
    let answer = request.send().await.expect("an answer");
    let id = answer.headers().get("x-ticket-id").map(|id| json!(id.to_str().expect("text")));
    let status = answer.status().as_u16();
    let body = answer.json().await.expect("JSON");
    (status, id.unwrap_or(body))
}

#[tokio::test]
async fn to_postgresql_and_back_all_stays_as_it_was() {
    let filled = filled().await;
    let (there, back) = (Place::postgres(), Place::sqlite());
    let first = copied(&filled.place, &there);
    assert_eq!((&first["resumed"], &first["files"]["copied"]), (&json!(false), &json!(4)));
    let second = copied(&there, &back);
    assert_eq!(sums(&first, "source"), sums(&first, "destination"));
    assert_eq!(sums(&first, "source"), sums(&second, "destination"));
    for table in first["tables"].as_array().expect("tables") {
        assert!(table["source"]["rows"].as_u64() > Some(0), "nothing of {} was copied", table["table"]);
    }
    assert_eq!((there.check()["problems"].clone(), back.check()["problems"].clone()), (json!([]), json!([])));
    let last = "SELECT seq FROM sqlite_sequence WHERE name = 'audit'";
    let database = rusqlite::Connection::open(back.database.path()).expect("the copy of the copy");
    assert_eq!(database.query_row(last, [], |row| row.get::<_, i64>(0)), Ok(100), "no number is given twice");
    drop(database);
    let key = |place: &Place| std::fs::read(place.path().join("secret.key")).expect("a secret");
    assert_eq!(key(&filled.place), key(&back));

    let server = there.serve();
    let (status, history) = ask(&server, &filled, Some(&filled.ann.token), "support/get/ticket/history/", None).await;
    assert_eq!((status, &history["data"]), (200, &filled.seen[0]), "with an access token of before");
    let login = json!({ "username": filled.ann.email, "password": PASSWORD });
    let kept = ask(&server, &filled, None, "user/login/", Some(login)).await;
    assert_eq!(kept, (200, filled.kept.clone()), "the sealed answer is the same");
    let refresh = json!({ "refresh": filled.kept["refresh"] });
    let (status, refreshed) = ask(&server, &filled, None, "user/token/refresh/", Some(refresh)).await;
    assert_eq!(status, 200, "with a refresh token of before: {refreshed}");
    let fields = fields_of(&filled.acme).json();
    let token = refreshed["access"].as_str();
    let opened = ask(&server, &filled, token, "support/create/ticket/", Some(fields)).await;
    // Eight were opened, and a hundred ids were given and are gone.
    assert_eq!(opened, (200, json!("109")));
    assert_eq!(server.terminate().0, Some(0));

    // The ticket is what differs now.
    let (out, err) = refused(&mut copying(&there, &back, "--verify-only"));
    assert!(err.contains("table app_user differs"), "{err}");
    assert!(out.contains("no"), "{out}");

    let app = TestApp::in_files(back.folder);
    let client = app.client(&filled.acme, &filled.ann);
    assert_eq!(all_that_is_seen(&client).await, filled.seen);
    assert_eq!(client.post_json(CREATE, &fields_of(&filled.acme).json()).await.ticket_id(), 109);
    sign_in(&app.application(&filled.acme)).await;
    let ids = (CategoryId(3), TagId(3));
    let zenith = app.workspace("Zenith").await;
    assert_eq!((zenith.category, zenith.tag), ids, "ids go on where they were");
}

#[tokio::test]
async fn a_secret_that_is_a_setting_is_left_alone() {
    let filled = filled().await;
    let to = Place::sqlite();
    let secret = "0123456789abcdef0123456789abcdef-made-up";
    let report = succeeded(&output(copying(&filled.place, &to, "--json").env("FERRODESK_SECRET", secret)));
    assert_eq!(report["secret"], "in the settings");
    assert!(!to.path().join("secret.key").exists());
}

#[tokio::test]
async fn a_bucket_of_s3_takes_the_files_and_gives_them_back() {
    let filled = filled().await;
    let (mut there, back) = (Place::sqlite(), Place::sqlite());
    let mut settings = Config::defaults(&Flags::default()).expect("the default settings are right");
    s3::use_bucket(&mut settings, &s3::prefix_of(there.path()));
    there.bucket = settings.blobs;
    for (from, to) in [(&filled.place, &there), (&there, &back)] {
        let mut command = copying(from, to, "--json");
        command
            .env("FERRODESK_S3_ENDPOINT", settings.s3_endpoint.as_deref().expect("a server"))
            .env("FERRODESK_S3_ACCESS_KEY_ID", reveal(settings.s3_access_key_id.as_ref()))
            .env("FERRODESK_S3_SECRET_ACCESS_KEY", reveal(settings.s3_secret_access_key.as_ref()));
        let report = succeeded(&output(&mut command));
        assert_eq!((&report["equal"], &report["files"]["copied"]), (&json!(true), &json!(4)));
    }
    assert_eq!(back.check()["problems"], json!([]));
}

fn reveal(secret: Option<&SecretString>) -> &str {
    secret.expect("a setting").expose_secret()
}
