//! Migrations are applied while the version before serves: they add, and hold no lock for long.

use std::path::PathBuf;

use ferrodesk::storage::{StorageMetrics, StoreOptions};

use super::connect;
use crate::support::TestDatabase;

/// What a statement may begin with, and must then not contain: the rest of it would rewrite a table or keep others from
/// it.
const SAFE: [(&str, &[&str]); 6] = [
    ("CREATE TABLE", &[]),
    ("CREATE INDEX CONCURRENTLY", &[]),
    ("CREATE UNIQUE INDEX CONCURRENTLY", &[]),
    ("CREATE SEQUENCE", &[]),
    ("INSERT INTO", &["SELECT"]),
    (
        "ALTER TABLE",
        &["ALTER COLUMN", "SET NOT NULL", " DROP ", "RENAME", "NOW()", "RANDOM()", "NEXTVAL", "GEN_RANDOM"],
    ),
];

/// What is wrong with a migration that others serve beside, if anything.
fn objection(sql: &str) -> Option<String> {
    let text: String =
        sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
    let made: Vec<String> = text.split(';').map(|s| s.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    // An index on a table that the same migration makes is nobody's but ours yet.
    let is_new = |table: &str| made.iter().any(|statement| statement.starts_with(&format!("CREATE TABLE {table} ")));
    for statement in made.iter().filter(|statement| !statement.is_empty()) {
        let upper = statement.to_uppercase();
        let indexes_new = upper.starts_with("CREATE INDEX")
            && statement.split(" ON ").nth(1).and_then(|rest| rest.split(' ').next()).is_some_and(is_new);
        let is_safe = SAFE
            .iter()
            .any(|(start, without)| upper.starts_with(start) && !without.iter().any(|word| upper.contains(word)));
        let checks_all = upper.contains("ADD CONSTRAINT") && !upper.contains("NOT VALID");
        if !(is_safe || indexes_new) || checks_all {
            return Some(statement.clone());
        }
    }
    None
}

#[test]
fn migrations_after_the_first_add_and_hold_no_lock_for_long() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres"));
    let mut looked_at = 0;
    for entry in std::fs::read_dir(folder).expect("the migrations") {
        let path = entry.expect("a migration").path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("V1__")) {
            continue;
        }
        let sql = std::fs::read_to_string(&path).expect("a migration");
        assert_eq!(objection(&sql), None, "{} is not safe while others serve", path.display());
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
    ] {
        assert!(objection(bad).is_some(), "{bad}");
    }
    for good in [
        "CREATE TABLE team (id BIGINT); CREATE INDEX team_by_id ON team (id);",
        "CREATE INDEX CONCURRENTLY by_status ON ticket (status);",
        "ALTER TABLE ticket ADD COLUMN team_id BIGINT;",
        "ALTER TABLE ticket ADD CONSTRAINT c CHECK (status > 0) NOT VALID;",
    ] {
        assert_eq!(objection(good), None);
    }
}

#[tokio::test]
async fn a_migration_that_would_have_to_wait_gives_up_within_a_second_and_the_next_start_goes_on() {
    let database = TestDatabase::postgres();
    database.run(
        "DROP TABLE blob_deletion, recurring_job, installation, copy_progress;
         DELETE FROM refinery_schema_history WHERE version >= 2",
    );
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
