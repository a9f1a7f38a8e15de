//! Installations as each version of the schema left them, with something in every table, opened by this program.

use std::collections::BTreeMap;

use ferrodesk::blobs::Blobs;
use ferrodesk::domain::WorkspaceId;
use ferrodesk::identity::apikey::{Apikey, sha256};
use ferrodesk::identity::password::Passwords;
use refinery::{Runner, Target};
use rstest::rstest;
use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls};

use super::Server;
use super::copy::{Place, output};
use crate::support::{PASSWORD, SeededEntropy};

/// What a version left behind in what it brought. Ids are those that the database gives.
const ROWS: [&str; 8] = [OF_CUSTOMERS, OF_NODES, OF_THE_DESK, "", "", OF_SIGN_IN, "", OF_FULL_TICKETS];

const OF_CUSTOMERS: &str = "
    INSERT INTO workspace (name, open_ticket_limit, reopen_on_reply, created_at) VALUES ('Acme', 10, TRUE, 1);
    INSERT INTO application (workspace_id, name, key_prefix, key_hash, created_at, revoked_at)
        VALUES (1, 'shop', 'fdk_AAAAAA', x'{apikey}', 1, NULL), (1, 'old', 'fdk_BBBBBB', x'00', 1, 2);
    INSERT INTO app_user
        (workspace_id, email, email_folded, role, password_hash, idp_issuer, idp_subject, active, open_tickets, created_at)
        VALUES (1, 'Ann@customer.example', 'ann@customer.example', 'customer', '{password}', NULL, NULL, TRUE, 1, 1),
            (1, 'agent@desk.example', 'agent@desk.example', 'agent', '{password}', NULL, NULL, TRUE, 0, 1),
            (1, 'ida@id.example', 'ida@id.example', 'customer', NULL, 'https://id.example', 'ida', FALSE, 0, 1);
    INSERT INTO identity_provider (workspace_id, issuer, audience, jwks_url, algorithms, created_at)
        VALUES (1, 'https://id.example', 'desk', 'https://id.example/keys', 'RS256', 1);
    INSERT INTO session (workspace_id, user_id, created_at, expires_at, revoked_at) VALUES (1, 1, 1, 4000000000000000, NULL);
    INSERT INTO refresh_token (token_hash, workspace_id, session_id, expires_at, used_at)
        VALUES ( x'aa', 1, 1, 4000000000000000, NULL);
    INSERT INTO category (workspace_id, name, description, position, active, created_at)
        VALUES (1, 'Billing', 'Invoices', 1, TRUE, 1), (1, 'Shipping', '', 2, FALSE, 1);
    INSERT INTO tag (workspace_id, tag, keyword, active, created_at) VALUES (1, 'Refund', 'refund', TRUE, 1);
    INSERT INTO ticket (workspace_id, requester_id, id, subject, subject_folded, priority, category_id, status, locked,
            created_at, updated_at, comment)
        VALUES (1, 1, 1, 'It is broken', 'it is broken', 2, 1, 1, FALSE, 1, 2, 'Since Monday'),
            (1, 1, 2, 'It is done', 'it is done', 1, 1, 3, TRUE, 1, 2, '');
    INSERT INTO ticket_tag (workspace_id, ticket_id, tag_id) VALUES (1, 1, 1);
    INSERT INTO conversation (workspace_id, ticket_id, id, author_id, internal, created_at, comment)
        VALUES (1, 1, 1, 2, FALSE, 2, 'Which one?'), (1, 1, 2, 2, TRUE, 2, 'A note');
    INSERT INTO attachment (workspace_id, ticket_id, conversation_id, content_hash, size, content_type, name, created_at)
        VALUES (1, 1, NULL, x'{bytes}', 5, 'text/plain; charset=utf-8', 'a.txt', 1),
            (1, 1, 1, x'{bytes}', 5, 'text/plain; charset=utf-8', 'b.txt', 1);
    INSERT INTO event (workspace_id, ticket_id, actor_id, at, kind, before, after)
        VALUES (1, 1, 1, 1, 'ticket.opened', NULL, '{}'), (1, 2, 1, 1, 'ticket.opened', NULL, '{}'),
            (1, 1, 2, 2, 'ticket.replied', NULL, '{}');
    INSERT INTO idempotency_key (workspace_id, principal, key, fingerprint, created_at, answer)
        VALUES (1, 'user 1', 'kept', x'00', 1, x'00');
    UPDATE revision SET value = 7;";

const OF_NODES: &str = "
    INSERT INTO blob_deletion (workspace_id, content_hash, done, at) VALUES (1, x'bb', TRUE, 1);
    INSERT INTO recurring_job (name, due_at) VALUES ('sweep', 4000000000000000);";

const OF_THE_DESK: &str = "
    INSERT INTO team (workspace_id, name, active, created_at) VALUES (1, 'Refunds', TRUE, 1);
    INSERT INTO team_member (workspace_id, team_id, user_id) VALUES (1, 1, 2);
    UPDATE app_user SET name = 'Ann', name_folded = 'ann', shortcuts = FALSE WHERE id = 1;
    UPDATE ticket SET assignee_id = 2, team_id = 1, snoozed_until = 2 WHERE id = 1;
    INSERT INTO canned_reply (workspace_id, owner_id, shortcut, body, created_at) VALUES (1, NULL, 'thanks', 'Thank you', 1);
    INSERT INTO saved_view (workspace_id, owner_id, shared, name, query, created_at) VALUES (1, 2, TRUE, 'Mine', 'a=b', 1);
    INSERT INTO draft (workspace_id, user_id, ticket_id, internal, body, updated_at) VALUES (1, 2, 1, TRUE, 'Dear', 1);
    INSERT INTO ticket_seen (workspace_id, user_id, ticket_id, event_id) VALUES (1, 2, 1, 1);
    INSERT INTO presence (workspace_id, ticket_id, user_id, writing, at) VALUES (1, 1, 2, TRUE, 1);
    INSERT INTO console_cookie (token_hash, workspace_id, session_id, expires_at) VALUES ( x'cc', 1, 1, 4000000000000000);
    INSERT INTO audit (workspace_id, actor_id, at, kind, subject_id, after) VALUES (1, 2, 1, 'team.added', 1, '{}');";

const OF_SIGN_IN: &str = "
    INSERT INTO sign_in_attempts (workspace_id, counted_by, attempts, expires_at) VALUES (1, x'dd', 3, 4000000000000000);";

const OF_FULL_TICKETS: &str = "UPDATE ticket SET held_bytes = 700 WHERE id = 1;";

/// Where the numbers of tickets and conversations go on, which they do not notice by themselves.
const LAST_IDS: [&str; 2] =
    ["UPDATE sequence SET value = 2", "SELECT setval('ticket_id', 2), setval('conversation_id', 2)"];

/// What is in the tables that are left out is empty in an installation that is whole, is not rows (the index of words,
/// which today's programs fill), or comes from rows that are compared (seals).
const LEFT_OUT: [&str; 3] = ["copy_progress", "seal", "search_index"];

mod on_sqlite {
    refinery::embed_migrations!("migrations/sqlite");
}

mod on_postgres {
    refinery::embed_migrations!("migrations/postgres");
}

/// The rows of each table, each as one text.
type Contents = BTreeMap<String, Vec<String>>;

/// What columns each table has.
type Columns = BTreeMap<String, String>;

/// A database, past the program.
enum Raw {
    Sqlite(rusqlite::Connection),
    Postgres(Client),
}

impl Raw {
    async fn of(place: &Place) -> Self {
        if place.url().starts_with("sqlite:") {
            let connection = rusqlite::Connection::open(place.database.path()).expect("the database");
            connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON").expect("settings");
            return Self::Sqlite(connection);
        }
        let (client, connection) = tokio_postgres::connect(place.url(), NoTls).await.expect("the server answers");
        tokio::spawn(connection);
        Self::Postgres(client)
    }

    async fn migrate_to(&mut self, version: usize) {
        let target = |runner: Runner| runner.set_target(Target::Version(version.try_into().expect("few")));
        match self {
            Self::Sqlite(connection) => target(on_sqlite::migrations::runner()).run(connection).map(drop),
            Self::Postgres(client) => target(on_postgres::migrations::runner()).run_async(client).await.map(drop),
        }
        .expect("it is migrated");
    }

    async fn run(&self, sql: &str) {
        match self {
            Self::Sqlite(connection) => connection.execute_batch(sql).unwrap_or_else(|e| panic!("{sql}: {e}")),
            Self::Postgres(client) => {
                client.batch_execute(&sql.replace(" x'", " '\\x")).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
            }
        }
    }

    /// The first column of all rows.
    async fn texts(&self, sql: &str) -> Vec<String> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
                let texts = statement.query_map([], |row| row.get(0)).expect("rows");
                texts.collect::<Result<_, _>>().expect("texts")
            }
            Self::Postgres(client) => {
                let rows = client.query(sql, &[]).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
                rows.iter().map(|row| row.get(0)).collect()
            }
        }
    }

    /// What makes one text of all columns of a row.
    async fn columns(&self) -> Columns {
        let tables = match self {
            Self::Sqlite(_) => {
                "SELECT t.name || '|' || group_concat('quote(' || c.name || ')', '||'',''||')
                 FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' GROUP BY t.name"
            }
            Self::Postgres(_) => {
                "SELECT table_name || '|ROW(' || string_agg(column_name, ',' ORDER BY ordinal_position) || ')::text'
                 FROM information_schema.columns WHERE table_schema = 'public' GROUP BY table_name"
            }
        };
        let found = self.texts(tables).await;
        let split = |text: String| text.split_once('|').map(|(table, row)| (table.to_owned(), row.to_owned()));
        let is_ours = |table: &String| {
            let is_left_out = LEFT_OUT.iter().any(|name| table.starts_with(name));
            !is_left_out && !table.starts_with("sqlite_") && table != "refinery_schema_history"
        };
        found.into_iter().filter_map(split).filter(|(table, _)| is_ours(table)).collect()
    }

    async fn contents(&self, columns: &Columns) -> Contents {
        let mut contents = Contents::new();
        for (table, row) in columns {
            let mut rows = self.texts(&format!("SELECT {row} FROM {table}")).await;
            rows.sort();
            contents.insert(table.clone(), rows);
        }
        contents
    }
}

/// Who calls.
struct Caller {
    apikey: String,
    address: String,
    token: String,
}

impl Caller {
    async fn sign_in(server: &Server, apikey: &Apikey, email: &str) -> Self {
        let address = server.url("");
        let mut caller = Self { apikey: apikey.reveal().to_owned(), address, token: String::new() };
        let login = json!({ "username": email, "password": PASSWORD });
        let (status, tokens) = caller.ask("user/login/", Some(login)).await;
        assert_eq!(status, 200, "{email} signs in: {tokens}");
        tokens["access"].as_str().expect("a token").clone_into(&mut caller.token);
        caller
    }

    /// The status, and the number of the ticket that was opened or else what was answered.
    async fn ask(&self, path: &str, body: Option<Value>) -> (u16, Value) {
        let (http, address) = (reqwest::Client::new(), format!("{}{path}", self.address));
        let request = body.map_or_else(|| http.get(&address), |body| http.post(&address).json(&body));
        let request = request.header("apikey", &self.apikey).bearer_auth(&self.token);
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        if let Some(opened) = answer.headers().get("x-ticket-id") {
            return (status, json!(opened.to_str().expect("a number")));
        }
        let bytes = answer.bytes().await.expect("a body");
        (status, serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes))))
    }
}

/// An installation that has come as far as `version`, and an apikey of it.
async fn older(place: &Place, version: usize) -> Apikey {
    let (entropy, apikey) = (SeededEntropy::new(7), Apikey::from_bits(&[7; 24]));
    let password = Passwords::default().hash(PASSWORD, &entropy).await.expect("a hash");
    let blobs = Blobs::local(&place.path().join("blobs")).expect("a folder");
    blobs.put(WorkspaceId(1), &sha256(b"bytes"), "bytes".into()).await.expect("stored");
    let mut raw = Raw::of(place).await;
    for (number, rows) in (1..).zip(ROWS).take(version) {
        raw.migrate_to(number).await;
        let rows = rows.replace("{apikey}", &hex::encode(apikey.hash())).replace("{password}", &password);
        raw.run(&rows.replace("{bytes}", &hex::encode(sha256(b"bytes")))).await;
        if number == 1 {
            raw.run(LAST_IDS[usize::from(matches!(raw, Raw::Postgres(_)))]).await;
        }
    }
    apikey
}

/// Everybody goes on as before.
async fn works(server: &Server, apikey: &Apikey) {
    let ann = Caller::sign_in(server, apikey, "ann@customer.example").await;
    let (_, history) = ann.ask("support/get/ticket/history/", None).await;
    let subjects = history["data"]["TicketList"].as_array().expect("a list").iter().map(|ticket| &ticket["subject"]);
    assert_eq!(subjects.collect::<Vec<_>>(), ["It is done", "It is broken"]);
    let (_, view) = ann.ask("support/ticket/detailed-view/?ticket_id=1", None).await;
    assert_eq!(view["data"]["conversations"][0]["comment"], "Which one?", "{view}");
    assert_eq!(view["data"]["attachments"].as_array().map(Vec::len), Some(2), "{view}");
    let file = format!("support/ticket/download/{}/", view["data"]["attachments"][0]["id"]);
    assert_eq!(ann.ask(&file, None).await, (200, json!("bytes")));
    let reply = json!({ "ticket": 1, "comment": "The left one" });
    assert_eq!(ann.ask("support/ticket/conversation/", Some(reply)).await.0, 200);
    let new = json!({ "subject": "Another", "priority": 1, "comment": "New", "category": 1 });
    assert_eq!(ann.ask("support/create/ticket/", Some(new)).await, (200, json!("3")), "numbers go on");
    let agent = Caller::sign_in(server, apikey, "agent@desk.example").await;
    let (status, list) = agent.ask("desk/tickets", None).await;
    assert_eq!((status, list["tickets"].as_array().map(Vec::len)), (200, Some(3)), "{list}");
}

#[rstest]
#[tokio::test]
async fn an_installation_of_every_schema_opens_with_all_that_is_in_it(
    #[values(1, 2, 3, 4, 5, 6, 7, 8)] version: usize,
    #[values(false, true)] on_postgres: bool,
) {
    let place = if on_postgres { Place::postgres() } else { Place::sqlite() };
    let apikey = older(&place, version).await;
    let raw = Raw::of(&place).await;
    let columns = raw.columns().await;
    let before = raw.contents(&columns).await;
    let empty: Vec<_> = before.iter().filter(|(_, rows)| rows.is_empty()).collect();
    assert!(before.len() >= 15 && empty.is_empty(), "something is in every table: {empty:?}");
    let migrated = output(&mut place.command("migrate"));
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    assert_eq!(raw.contents(&columns).await, before, "nothing of it was changed");
    assert_eq!(place.check()["problems"], json!([]));
    let server = place.serve();
    works(&server, &apikey).await;
    assert_eq!(server.terminate().0, Some(0));
    assert_eq!(place.check()["problems"], json!([]));
    let newest = raw.texts("SELECT CAST(MAX(version) AS TEXT) FROM refinery_schema_history").await;
    assert_eq!(
        newest,
        [ROWS.len().to_string()],
        "a version that is new belongs into the test above, and its rows here"
    );
}
