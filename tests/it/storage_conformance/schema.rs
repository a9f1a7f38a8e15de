//! Statements, tables and migrations.

use super::*;

#[test]
fn every_statement_can_be_prepared_and_numbers_its_parameters_as_they_appear() {
    let database = TestDatabase::sqlite();
    database.open().close();
    let connection = rusqlite::Connection::open(database.path()).expect("the database");
    let mut count = 0;
    for (area, name, sql) in queries::all() {
        let statement = connection.prepare(sql).unwrap_or_else(|e| panic!("{area}::{name}: {e}"));
        for number in 1..=statement.parameter_count() {
            assert_eq!(statement.parameter_name(number), Some(&*format!("${number}")), "{area}::{name}");
        }
        count += 1;
    }
    assert!(count > 50, "only {count} statements are listed");
}

#[test]
fn every_table_names_its_workspace() {
    let database = TestDatabase::sqlite();
    database.open().close();
    let connection = rusqlite::Connection::open(database.path()).expect("the database");
    let without: Vec<String> = connection
        .prepare(
            "SELECT name FROM sqlite_schema t WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
             AND NOT EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE name = 'workspace_id') ORDER BY name",
        )
        .and_then(|mut tables| tables.query_map([], |row| row.get(0))?.collect())
        .expect("the tables");
    // The tenant itself, and what belongs to no tenant.
    assert_eq!(
        without,
        [
            "copy_progress",
            "installation",
            "recurring_job",
            "refinery_schema_history",
            "revision",
            // Its words begin with the workspace's number.
            "search_index",
            "search_index_config",
            "search_index_data",
            "search_index_docsize",
            "search_index_idx",
            "search_round",
            "sequence",
            "workspace"
        ]
    );
}

#[rstest]
#[tokio::test]
async fn events_can_be_neither_changed_nor_deleted(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = engine.database();
    let store = database.open();
    let recorded = store.write(|tx| {
        let workspace = workspaces::add(tx, "Acme", 10, true, AT)?;
        let insert =
            "INSERT INTO event (workspace_id, ticket_id, actor_id, at, kind, after) VALUES ($1, 1, 1, 1, 'x', '{}')";
        Ok(tx.execute(insert, &[Param::Int(workspace.0)])?)
    });
    assert_eq!(recorded.await.expect("a write"), 1);
    for change in ["UPDATE event SET kind = 'y'", "DELETE FROM event"] {
        let refused = store.write(move |tx| Ok(tx.execute(change, &[])?)).await;
        assert!(matches!(refused, Err(Error::Internal { .. })), "{change}: {refused:?}");
    }
}

#[rstest]
fn a_newer_schema_will_do_as_long_as_it_says_so(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = engine.database();
    database.open().close();
    database.run(
        "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
         VALUES (9999, 'future', '2099-01-01T00:00:00Z', '1')",
    );
    database.open().close();
    database.run("UPDATE installation SET oldest_program_schema = 9999");
    let refused = database.database().open(&StoreOptions::default(), StorageMetrics::default());
    let message = refused.err().expect("a refusal").to_string();
    assert!(message.contains("schema 9999"), "{message}");
}

#[rstest]
fn stores_that_open_at_once_migrate_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let database = match engine {
        Engine::Sqlite => TestDatabase::sqlite(),
        Engine::Postgres => TestDatabase::empty_postgres(),
    };
    let opened = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                database.open().close();
                opened.fetch_add(1, Ordering::SeqCst);
            });
        }
    });
    assert_eq!(opened.load(Ordering::SeqCst), 8);
}
