//! Migrations are applied while the version before serves: they add, and hold no lock for long.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use ferrodesk::storage::{StorageMetrics, StoreOptions};

use super::{connect, soon};
use crate::support::TestDatabase;

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a statement may begin with, and must then not contain: the rest of it would rewrite a table or keep others from
/// it.
const SAFE: [(&str, &[&str]); 7] = [
    ("CREATE TABLE", &[]),
    ("CREATE SEQUENCE", &[]),
    // What it led to is found more slowly for a while, and nothing is lost; but see `rules`.
    ("DROP INDEX", &["CONCURRENTLY"]),
    // One that is there already, others may be using.
    ("CREATE FUNCTION", &[]),
    ("INSERT INTO", &["SELECT"]),
    // It has one row, and nobody writes to it but who starts or sweeps.
    ("UPDATE INSTALLATION SET", &["SELECT"]),
    (
        "ALTER TABLE",
        &["ALTER COLUMN", "SET NOT NULL", " DROP ", "RENAME", "NOW()", "RANDOM()", "NEXTVAL", "GEN_RANDOM"],
    ),
];

/// What is safe on a table that the same migration makes: it is nobody's but ours yet.
const SAFE_ON_NEW_TABLES: [&str; 3] = ["CREATE INDEX ", "CREATE UNIQUE INDEX ", "CREATE TRIGGER "];

/// The statements of a file, without comments, each in one line.
fn statements(sql: &str) -> Vec<String> {
    let text = sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
    let mut statements = vec![String::new()];
    // Every second part is a function's body, whose semicolons are its own.
    for (number, part) in text.split("$$").enumerate() {
        for (place, piece) in part.split(';').enumerate() {
            if place > 0 && number % 2 == 0 {
                statements.push(String::new());
            }
            statements.last_mut().expect("one at least").push_str(piece);
        }
    }
    let in_one_line = |statement: &String| statement.split_whitespace().collect::<Vec<_>>().join(" ");
    statements.iter().map(in_one_line).filter(|statement| !statement.is_empty()).collect()
}

/// The names of all indexes that keep rows from being there twice.
fn rules() -> Vec<String> {
    let builds = |statement: &String| statement.starts_with("CREATE UNIQUE INDEX ");
    let name = |statement: String| {
        let words = ["CREATE", "UNIQUE", "INDEX", "CONCURRENTLY", "IF", "NOT", "EXISTS"];
        statement.split(' ').find(|word| !words.contains(word)).expect("a name").to_owned()
    };
    files().iter().flat_map(|(_, sql)| statements(sql)).filter(builds).map(name).collect()
}

/// The names of all migrations, and what is in them.
fn files() -> Vec<(String, String)> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres"));
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.expect("a migration").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).expect("a migration"))
    };
    std::fs::read_dir(folder).expect("the migrations").map(read).collect()
}

/// The table behind `ON`.
fn table_of(statement: &str) -> &str {
    statement.split(" ON ").nth(1).and_then(|rest| rest.split([' ', '(']).next()).unwrap_or_default()
}

/// What is wrong with a migration that others serve beside, if anything.
fn objection(sql: &str) -> Option<String> {
    let made = statements(sql);
    let is_new = |table: &str| made.iter().any(|statement| statement.starts_with(&format!("CREATE TABLE {table} ")));
    for statement in &made {
        let upper = statement.to_uppercase();
        let is_ours = SAFE_ON_NEW_TABLES.iter().any(|start| upper.starts_with(start)) && is_new(table_of(statement));
        let is_safe = SAFE
            .iter()
            .any(|(start, without)| upper.starts_with(start) && !without.iter().any(|word| upper.contains(word)));
        let checks_all = upper.contains("ADD CONSTRAINT") && !upper.contains("NOT VALID");
        let drops_rule = upper.starts_with("DROP INDEX")
            && statement.split([' ', ',']).any(|word| rules().iter().any(|rule| rule == word));
        if !(is_safe || is_ours) || checks_all || drops_rule {
            return Some(statement.clone());
        }
    }
    None
}

/// The statement in concurrently.sql that is not `CREATE [UNIQUE] INDEX CONCURRENTLY`, if there is one.
fn objection_to_index(sql: &str) -> Option<String> {
    let builds = |statement: &String| {
        ["CREATE INDEX CONCURRENTLY ", "CREATE UNIQUE INDEX CONCURRENTLY "]
            .iter()
            .any(|start| statement.starts_with(start))
    };
    statements(sql).into_iter().find(|statement| !builds(statement))
}

#[test]
fn migrations_after_the_first_add_and_hold_no_lock_for_long() {
    let mut looked_at = 0;
    for (name, sql) in files() {
        if name.starts_with("V1__") {
            continue;
        }
        let objection = if name == "concurrently.sql" { objection_to_index(&sql) } else { objection(&sql) };
        assert_eq!(objection, None, "{name} is not safe while others serve");
        looked_at += 1;
    }
    assert!(looked_at > 0);
}

#[test]
fn what_is_not_safe_is_seen() {
    for bad in [
        "CREATE INDEX slow ON ticket (status);",
        "ALTER TABLE ticket ALTER COLUMN status TYPE INTEGER;",
        "ALTER TABLE ticket ADD COLUMN opened TIMESTAMP DEFAULT now();",
        "ALTER TABLE ticket ADD CONSTRAINT c CHECK (status > 0);",
        "ALTER TABLE ticket DROP COLUMN comment;",
        "DROP TABLE tag;",
        "UPDATE ticket SET status = 1;",
        "INSERT INTO copy_of_ticket SELECT * FROM ticket;",
        // Refinery opens a transaction, in which this cannot be.
        "CREATE INDEX CONCURRENTLY by_status ON ticket (status);",
        "DROP INDEX CONCURRENTLY by_status;",
        // It keeps two tickets from having one number.
        "DROP INDEX IF EXISTS ticket_by_activity, ticket_by_id;",
        "CREATE TABLE team (id BIGINT); CREATE INDEX slow ON ticket (status);",
        "CREATE OR REPLACE FUNCTION refuse_to_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN; END $$;",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN; END $$; DROP TABLE tag;",
        "CREATE TRIGGER t BEFORE DELETE ON ticket FOR EACH ROW EXECUTE FUNCTION refuse_to_delete();",
    ] {
        assert!(objection(bad).is_some(), "{bad}");
    }
    assert!(objection_to_index("CREATE INDEX slow ON ticket (status);").is_some());
    for good in [
        "CREATE TABLE team (id BIGINT); CREATE INDEX team_by_id ON team (id);",
        "CREATE TABLE team (id BIGINT); CREATE UNIQUE INDEX team_by_id ON team (id);",
        "CREATE TABLE team (id BIGINT); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN; END $$;
         CREATE TRIGGER t BEFORE DELETE ON team FOR EACH ROW EXECUTE FUNCTION f();",
        "ALTER TABLE ticket ADD COLUMN team_id BIGINT;",
        "DROP INDEX IF EXISTS ticket_by_assignee;",
        "ALTER TABLE ticket ADD CONSTRAINT c CHECK (status > 0) NOT VALID;",
    ] {
        assert_eq!(objection(good), None);
    }
}

/// Undoes the migrations from the third on.
const WITHOUT_V3: &str = "DROP TABLE sign_in_attempts, seal, search_index, search_round, team_member, team, canned_reply, saved_view, draft, ticket_seen, presence, console_cookie, audit;
     DROP FUNCTION refuse_to_change_audit, refuse_to_change_seals;
     ALTER TABLE installation DROP COLUMN identity, DROP COLUMN sweeps;
     ALTER TABLE app_user DROP COLUMN name, DROP COLUMN name_folded, DROP COLUMN shortcuts;
     ALTER TABLE ticket DROP COLUMN assignee_id, DROP COLUMN team_id, DROP COLUMN snoozed_until, DROP COLUMN merged_into, DROP COLUMN held_bytes;
     DROP INDEX ticket_tag_by_tag, event_by_ticket, app_user_of_staff;
     DELETE FROM refinery_schema_history WHERE version >= 3";

#[tokio::test]
async fn a_migration_that_would_have_to_wait_gives_up_within_a_second_and_the_next_start_goes_on() {
    let database = TestDatabase::postgres();
    database.run(WITHOUT_V3);
    // A transaction of somebody's that goes on and on.
    let client = connect(database.url()).await;
    client.batch_execute("BEGIN; LOCK TABLE workspace").await.expect("a lock");
    let blocked = database.database().clone();
    let opening = tokio::task::spawn_blocking(move || {
        blocked.open(&StoreOptions::default(), StorageMetrics::default()).err().map(|error| error.to_string())
    });
    let refused = opening.await.expect("a thread").expect("a refusal");
    assert!(refused.contains("lock timeout"), "{refused}");
    client.batch_execute("ROLLBACK").await.expect("room");
    database.open().close();
}

/// The names of the indexes of concurrently.sql that are there and valid.
async fn built(client: &tokio_postgres::Client) -> BTreeSet<String> {
    let sql =
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indisvalid AND indexrelid::regclass::text = ANY ($1)";
    let rows = client.query(sql, &[&names()]).await.expect("indexes");
    rows.iter().map(|row| row.get(0)).collect()
}

/// The names of all indexes of concurrently.sql.
fn names() -> Vec<String> {
    let sql = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres/concurrently.sql"));
    let name =
        |statement: String| statement.split(' ').skip_while(|word| *word != "CONCURRENTLY").nth(1).map(str::to_owned);
    statements(&sql.expect("the file")).into_iter().map(|statement| name(statement).expect("a name")).collect()
}

#[tokio::test]
async fn indexes_on_older_tables_are_built_while_a_transaction_that_writes_to_them_goes_on() {
    let database = TestDatabase::postgres();
    database.run(WITHOUT_V3);
    let client = connect(database.url()).await;
    client.batch_execute("BEGIN; INSERT INTO ticket_tag SELECT 1, 1, 1 WHERE FALSE").await.expect("a transaction");
    let opened = database.database().clone();
    let opening = tokio::task::spawn_blocking(move || {
        let options = StoreOptions { writers: 1, readers: 1, ..StoreOptions::default() };
        opened.open(&options, StorageMetrics::default()).expect("the database opens").close();
    });
    let others = connect(database.url()).await;
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY ticket_tag_by_tag%'
         AND wait_event_type = 'Lock' AND now() - query_start > interval '1 second' AND datname = current_database()";
    soon(PATIENCE, "the index waits, for longer than a migration does", async || {
        others.query_one(waits, &[]).await.expect("a look").get::<_, i64>(0) == 1
    })
    .await;
    assert!(!opening.is_finished());
    // Nobody waits behind it.
    let write = "SET lock_timeout = 200; LOCK TABLE ticket_tag, event, ticket IN ROW EXCLUSIVE MODE";
    others.batch_execute(&format!("BEGIN; {write}; COMMIT")).await.expect("writers are not kept waiting");
    client.batch_execute("COMMIT").await.expect("an end");
    opening.await.expect("it opens");
    assert_eq!(built(&client).await, names().into_iter().collect());
}

#[tokio::test]
async fn an_index_whose_building_was_cut_off_is_built_anew_at_the_next_start() {
    let database = TestDatabase::postgres();
    database.run(
        "DROP INDEX event_by_ticket;
         DROP INDEX ticket_by_activity;
         INSERT INTO ticket (workspace_id, requester_id, id, subject, subject_folded, priority, category_id, status, locked,
             created_at, updated_at, comment)
         SELECT 1, 1, id, '', '', 1, 1, 1, FALSE, 0, 0, '' FROM generate_series(1, 2) id",
    );
    let client = connect(database.url()).await;
    let fails = "CREATE UNIQUE INDEX CONCURRENTLY ticket_by_activity ON ticket (workspace_id)";
    client.batch_execute(fails).await.expect_err("there are two tickets");
    let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
    let invalid = async || client.query_one(invalid, &[]).await.expect("a look").get::<_, i64>(0);
    assert_eq!(invalid().await, 1);
    database.open().close();
    assert_eq!(invalid().await, 0);
    assert_eq!(built(&client).await, names().into_iter().collect());
    let unique = "SELECT indisunique FROM pg_index WHERE indexrelid = 'ticket_by_activity'::regclass";
    assert!(!client.query_one(unique, &[]).await.expect("a look").get::<_, bool>(0), "it is ours now");
}

#[tokio::test]
async fn nodes_that_start_at_once_build_the_indexes_once() {
    let database = TestDatabase::postgres();
    database.run(&format!("DROP INDEX {}", names().join(", ")));
    let starting: Vec<_> = (0..3)
        .map(|_| {
            let database = database.database().clone();
            tokio::task::spawn_blocking(move || {
                let options = StoreOptions { writers: 1, readers: 1, ..StoreOptions::default() };
                database.open(&options, StorageMetrics::default()).expect("the database opens").close();
            })
        })
        .collect();
    for node in starting {
        node.await.expect("every one opens");
    }
    assert_eq!(built(&connect(database.url()).await).await, names().into_iter().collect());
}

#[test]
fn every_index_that_is_built_apart_is_in_sqlites_migrations_too() {
    let database = TestDatabase::sqlite();
    database.open().close();
    let connection = rusqlite::Connection::open(database.path()).expect("the database");
    for name in names() {
        let sql = "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'index' AND name = ?1";
        let count: i64 = connection.query_row(sql, [&name], |row| row.get(0)).expect("a look");
        assert_eq!(count, 1, "{name}");
    }
}
