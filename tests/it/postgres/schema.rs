//! Both engines' schemas say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tokio_postgres::Client;

use super::connect;
use crate::support::TestDatabase;

/// What a table is made of, in words that both engines have.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    /// Name, kind of type, whether it may be null, default: in order.
    columns: Vec<(String, String, bool, Option<String>)>,
    primary_key: Vec<String>,
    /// Columns, and whether each combination is there once only; the primary key is not among them.
    indexes: BTreeSet<(Vec<String>, bool)>,
    /// Columns, table, its columns, and what happens on deletion.
    references: BTreeSet<(Vec<String>, String, Vec<String>, String)>,
}

/// By name, without the table of the migrations' library.
type Schema = BTreeMap<String, Table>;

fn sqlite_schema(path: &Path) -> Schema {
    let connection = rusqlite::Connection::open(path).expect("the database");
    let rows = |sql: &str| -> Vec<Vec<Option<String>>> {
        let mut statement = connection.prepare(sql).expect("a statement");
        let count = statement.column_count();
        let rows = statement
            .query_map([], |row| (0..count).map(|i| row.get::<_, rusqlite::types::Value>(i).map(text_of)).collect());
        rows.expect("an answer").collect::<Result<_, _>>().expect("rows")
    };
    let names = rows(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'refinery_schema_history'",
    );
    let mut schema = Schema::new();
    for name in names.into_iter().map(|row| row[0].clone().expect("a name")) {
        let mut table = Table::default();
        let mut key = BTreeMap::new();
        let columns = rows(&format!("SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('{name}')"));
        for column in columns {
            let column: Vec<_> = column.into_iter().map(Option::unwrap_or_default).collect();
            if column[4] != "0" {
                key.insert(column[4].parse::<u32>().expect("a place"), column[0].clone());
            }
            let default = Some(column[3].clone()).filter(|default| !default.is_empty());
            // A primary key cannot be null, whether it says so or not.
            let may_be_null = column[2] == "0" && column[4] == "0";
            table.columns.push((column[0].clone(), kind(&column[1]), may_be_null, default));
        }
        table.primary_key = key.into_values().collect();
        for index in rows(&format!("SELECT name, \"unique\", origin FROM pragma_index_list('{name}')")) {
            let [index, unique, origin] = &index[..] else { panic!("three columns") };
            let columns = format!("SELECT name FROM pragma_index_info('{}')", index.clone().expect("a name"));
            let columns = rows(&columns).into_iter().map(|row| row[0].clone().expect("a column")).collect();
            if origin.as_deref() != Some("pk") {
                table.indexes.insert((columns, unique.as_deref() == Some("1")));
            }
        }
        for row in
            rows(&format!("SELECT \"from\", \"table\", \"to\", on_delete FROM pragma_foreign_key_list('{name}')"))
        {
            let [from, to, column, on_delete] =
                row.try_into().map(|row: [_; 4]| row.map(Option::unwrap_or_default)).expect("four");
            table.references.insert((vec![from], to, vec![column], on_delete));
        }
        schema.insert(name, table);
    }
    schema
}

fn text_of(value: rusqlite::types::Value) -> Option<String> {
    match value {
        rusqlite::types::Value::Null => None,
        rusqlite::types::Value::Integer(number) => Some(number.to_string()),
        rusqlite::types::Value::Text(text) => Some(text),
        other => panic!("{other:?}"),
    }
}

/// What the engines call by different names.
fn kind(r#type: &str) -> String {
    match r#type.to_ascii_uppercase().as_str() {
        "INTEGER" | "BIGINT" => "number",
        "TEXT" => "text",
        "BLOB" | "BYTEA" => "bytes",
        "BOOLEAN" => "truth",
        "TSVECTOR" => "words",
        other => panic!("what is {other}?"),
    }
    .to_owned()
}

async fn postgres_schema(client: &Client) -> Schema {
    let mut schema = Schema::new();
    let columns = "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
             pg_get_expr(d.adbin, d.adrelid)
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'refinery_schema_history'
         ORDER BY c.relname, a.attnum";
    for row in client.query(columns, &[]).await.expect("columns") {
        let default: Option<String> = row.get(4);
        // A number of its own is what SQLite's rows have without saying so.
        let default = default.filter(|default| !default.contains("nextval("));
        let column = (row.get(1), kind(row.get(2)), row.get(3), default);
        schema.entry(row.get(0)).or_default().columns.push(column);
    }
    let indexes = "SELECT c.relname::text, i.indisprimary, i.indisunique,
             ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, place)
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum ORDER BY place)
         FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace";
    for row in client.query(indexes, &[]).await.expect("indexes") {
        let Some(table) = schema.get_mut(row.get::<_, &str>(0)) else { continue };
        if row.get(1) {
            table.primary_key = row.get(3);
        } else {
            table.indexes.insert((row.get(3), row.get(2)));
        }
    }
    let references = "SELECT c.relname::text, f.relname::text,
             CASE k.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'c' THEN 'CASCADE' ELSE k.confdeltype::text END,
             ARRAY(SELECT attname::text FROM unnest(k.conkey) n JOIN pg_attribute ON attrelid = c.oid AND attnum = n),
             ARRAY(SELECT attname::text FROM unnest(k.confkey) n JOIN pg_attribute ON attrelid = f.oid AND attnum = n)
         FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
         WHERE k.contype = 'f'";
    for row in client.query(references, &[]).await.expect("references") {
        let table = schema.get_mut(row.get::<_, &str>(0)).expect("a table");
        table.references.insert((row.get(3), row.get(1), row.get(4), row.get(2)));
    }
    schema
}

#[tokio::test]
async fn both_schemas_have_the_same_tables_columns_keys_and_indexes() {
    let (sqlite, postgres) = (TestDatabase::sqlite(), TestDatabase::empty_postgres());
    sqlite.open().close();
    postgres.open().close();
    let mut expected = sqlite_schema(&sqlite.path());
    let mut found = postgres_schema(&connect(postgres.url()).await).await;
    // PostgreSQL has sequences.
    expected.remove("sequence").expect("SQLite has none");
    // What each of them searches by; `search.rs` shows that both find the same.
    expected.retain(|name, _| !name.starts_with("search_index"));
    found.remove("search_index").expect("an index of words");
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, table) in &mut expected {
        for (_, _, _, default) in &mut table.columns {
            *default = default.take().map(|default| default.to_ascii_lowercase());
        }
        if ["ticket", "conversation", "event"].contains(&name.as_str()) {
            // Too dear for the tables that grow; `integrity.rs` shows that nothing slips through.
            table.references.retain(|(_, to, ..)| !["workspace", "app_user", "category"].contains(&to.as_str()));
        }
        assert_eq!(&found[name], table, "{name}");
    }
}

#[test]
fn both_folders_of_migrations_have_the_same_numbers_and_names() {
    let names = |engine: &str| -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
        let entries = std::fs::read_dir(folder).expect("a folder");
        entries.map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(names("sqlite").len() > 1);
}

#[tokio::test]
async fn text_in_keys_is_compared_by_its_bytes() {
    let postgres = TestDatabase::postgres();
    let sql = "SELECT c.relname || '.' || a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
         JOIN pg_collation l ON l.oid = a.attcollation
         WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> 'refinery_schema_history' AND l.collname <> 'C'";
    let others = connect(postgres.url()).await.query(sql, &[]).await.expect("an answer");
    let others: Vec<String> = others.iter().map(|row| row.get(0)).collect();
    assert_eq!(others, [""; 0], "an operating system's new collation would spoil their indexes");
}

#[tokio::test]
async fn every_statement_can_be_prepared_on_postgresql_too() {
    let database = TestDatabase::postgres();
    let client = connect(database.url()).await;
    for (area, name, sql) in ferrodesk::storage::queries::all() {
        let statement = client.prepare(sql).await.unwrap_or_else(|e| panic!("{area}::{name}: {e:?}"));
        // The names are $1…$n: PostgreSQL counts the greatest.
        let named = (1..100).take_while(|number| sql.contains(&format!("${number}"))).count();
        assert_eq!(statement.params().len(), named, "{area}::{name}");
    }
}
