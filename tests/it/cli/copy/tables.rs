//! What is copied is what there is: a migration cannot add what the copy would forget.

use std::collections::{BTreeMap, BTreeSet};

use ferrodesk::storage::StoreOptions;
use ferrodesk::storage::copy::{CONTENTS_STATEMENTS, Kind, NOT_COPIED, TABLES};
use tokio_postgres::NoTls;

use crate::support::TestDatabase;

/// Columns by table and name: their types, and whether they may be null.
type Schema = BTreeMap<String, BTreeMap<String, (String, bool)>>;

fn assert_complete(schema: &Schema, type_of: fn(Kind) -> &'static [&'static str]) {
    let known: BTreeSet<&str> =
        TABLES.iter().map(|table| table.name).chain(NOT_COPIED.iter().map(|(name, _)| *name)).collect();
    let there: BTreeSet<&str> = schema.keys().map(String::as_str).collect();
    let unknown: Vec<_> = there.difference(&known).collect();
    assert!(unknown.is_empty(), "are they to be copied? src/storage/copy/tables.rs must say so: {unknown:?}");
    for table in TABLES.iter() {
        let columns = &schema[table.name];
        let listed: BTreeSet<&str> = table.columns.iter().map(|(name, _)| *name).collect();
        assert_eq!(listed, columns.keys().map(String::as_str).collect(), "the columns of {}", table.name);
        for (name, kind) in table.columns {
            let (declared, may_be_null) = &columns[*name];
            assert!(type_of(*kind).contains(&&**declared), "{}.{name} is {declared}, not {kind:?}", table.name);
            let is_optional = matches!(kind, Kind::OptInt | Kind::OptText);
            assert_eq!(is_optional, *may_be_null, "whether {}.{name} may be null", table.name);
        }
    }
}

#[test]
fn everything_in_sqlite_is_copied_or_named_with_a_reason() {
    let database = TestDatabase::sqlite();
    database.open().close();
    let connection = rusqlite::Connection::open(database.path()).expect("the database");
    let mut columns = connection
        .prepare(
            "SELECT t.name, c.name, c.type, c.\"notnull\" = 0 AND c.pk = 0 FROM sqlite_schema t, pragma_table_info(t.name) c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'",
        )
        .expect("a statement");
    let mut schema = Schema::new();
    let mut rows = columns.query([]).expect("columns");
    while let Some(row) = rows.next().expect("a column") {
        let text = |index| row.get::<_, String>(index).expect("text");
        schema.entry(text(0)).or_default().insert(text(1), (text(2), row.get(3).expect("a truth value")));
    }
    assert_complete(&schema, |kind| match kind {
        Kind::Int | Kind::OptInt => &["INTEGER", "BIGINT"],
        Kind::Bool => &["BOOLEAN"],
        Kind::Text | Kind::OptText => &["TEXT"],
        Kind::Bytes => &["BLOB"],
    });
    for table in TABLES.iter() {
        for sql in table.statements() {
            connection.prepare(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
        }
    }
    for sql in CONTENTS_STATEMENTS {
        connection.prepare(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
}

#[tokio::test]
async fn everything_in_postgresql_is_copied_or_named_with_a_reason() {
    let database = TestDatabase::postgres();
    database.open_with(&StoreOptions { writers: 1, readers: 1, ..StoreOptions::default() }).close();
    let (client, connection) = tokio_postgres::connect(database.url(), NoTls).await.expect("the server answers");
    tokio::spawn(connection);
    let columns = client
        .query(
            "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'YES'
             FROM information_schema.columns WHERE table_schema = 'public'",
            &[],
        )
        .await
        .expect("columns");
    let mut schema = Schema::new();
    for row in columns {
        schema.entry(row.get(0)).or_default().insert(row.get(1), (row.get(2), row.get(3)));
    }
    assert_complete(&schema, |kind| match kind {
        Kind::Int | Kind::OptInt => &["bigint"],
        Kind::Bool => &["boolean"],
        Kind::Text | Kind::OptText => &["text"],
        Kind::Bytes => &["bytea"],
    });
    for table in TABLES.iter() {
        for sql in table.statements() {
            client.prepare(sql).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
        }
        // Every numbered table has a sequence to be carried over, and no other has.
        let owned = "SELECT pg_get_serial_sequence($1, 'id') IS NOT NULL";
        let has_id = table.columns.iter().any(|(name, _)| *name == "id");
        let has_sequence = has_id && client.query_one(owned, &[&table.name]).await.expect("a look").get::<_, bool>(0);
        assert_eq!(table.is_numbered, has_sequence, "{}", table.name);
    }
    for sql in CONTENTS_STATEMENTS {
        client.prepare(sql).await.unwrap_or_else(|e| panic!("{sql}: {e:?}"));
    }
}
