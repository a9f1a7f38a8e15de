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
    /// The primary key is not among them.
    indexes: BTreeSet<Index>,
    /// Columns, table, its columns, and what happens on deletion.
    references: BTreeSet<(Vec<String>, String, Vec<String>, String)>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Index {
    /// None if it is there for a constraint of the table's: then engines make up names.
    name: Option<String>,
    /// Or expressions.
    columns: Vec<String>,
    /// Whether each combination is there once only.
    is_unique: bool,
    /// Which rows it has, if not all.
    condition: Option<String>,
}

/// By name, without the table of the migrations' library, and without what each engine searches by: that both find the same
/// is what `search` shows.
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
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'refinery_schema_history'
             AND name NOT LIKE 'search_index%'",
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
        let indexes = format!(
            "SELECT i.name, i.\"unique\", i.origin, s.sql FROM pragma_index_list('{name}') i
             JOIN sqlite_schema s ON s.name = i.name WHERE i.origin <> 'pk'"
        );
        for index in rows(&indexes) {
            let [index, unique, _, sql] = &index[..] else { panic!("four columns") };
            let index = index.clone().expect("a name");
            let is_unique = unique.as_deref() == Some("1");
            table.indexes.insert(if let Some(sql) = sql {
                written_index(index, is_unique, sql)
            } else {
                let columns = rows(&format!("SELECT name FROM pragma_index_info('{index}')"));
                let columns = columns.into_iter().map(|row| row[0].clone().expect("a column")).collect();
                Index { name: None, columns, is_unique, condition: None }
            });
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

/// What a `CREATE INDEX name ON table (…) WHERE …` says.
fn written_index(name: String, is_unique: bool, sql: &str) -> Index {
    let (_, rest) = sql.split_once('(').expect("columns");
    let mut depth = 0;
    let mut columns = vec![String::new()];
    let mut end = rest.len();
    for (place, letter) in rest.char_indices() {
        match letter {
            ')' if depth == 0 => {
                end = place;
                break;
            }
            ',' if depth == 0 => {
                columns.push(String::new());
                continue;
            }
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        columns.last_mut().expect("one at least").push(letter);
    }
    let condition = rest[end..].split_once("WHERE").map(|(_, condition)| expression(condition));
    Index { name: Some(name), columns: columns.iter().map(|column| expression(column)).collect(), is_unique, condition }
}

/// An expression as both engines have it: PostgreSQL says the types of constants, and sets brackets around all of it.
fn expression(text: &str) -> String {
    let text = text.to_ascii_lowercase().replace("::bigint", "").replace("::text", "");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(&text).to_owned()
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
             AND c.relname <> 'search_index'
         ORDER BY c.relname, a.attnum";
    for row in client.query(columns, &[]).await.expect("columns") {
        let default: Option<String> = row.get(4);
        // A number of its own is what SQLite's rows have without saying so.
        let default = default.filter(|default| !default.contains("nextval(")).as_deref().map(expression);
        let column = (row.get(1), kind(row.get(2)), row.get(3), default);
        schema.entry(row.get(0)).or_default().columns.push(column);
    }
    let indexes = "SELECT c.relname::text, i.indisprimary, i.indisunique,
             ARRAY(SELECT pg_get_indexdef(i.indexrelid, place, TRUE) FROM generate_series(1, i.indnkeyatts) place),
             pg_get_expr(i.indpred, i.indrelid),
             CASE WHEN NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.conindid = i.indexrelid)
                 THEN i.indexrelid::regclass::text END
         FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace
             AND i.indisvalid";
    for row in client.query(indexes, &[]).await.expect("indexes") {
        let Some(table) = schema.get_mut(row.get::<_, &str>(0)) else { continue };
        let columns: Vec<String> = row.get::<_, Vec<String>>(3).iter().map(|column| expression(column)).collect();
        if row.get(1) {
            table.primary_key = columns;
        } else {
            let condition = row.get::<_, Option<String>>(4).as_deref().map(expression);
            table.indexes.insert(Index { name: row.get(5), columns, is_unique: row.get(2), condition });
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
    let found = postgres_schema(&connect(postgres.url()).await).await;
    // PostgreSQL has sequences.
    expected.remove("sequence").expect("SQLite has none");
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, table) in &mut expected {
        for (_, _, _, default) in &mut table.columns {
            *default = default.take().map(|default| expression(&default));
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
        let names = entries.map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned());
        // What PostgreSQL builds after the migrations, SQLite's migrations have.
        names.filter(|name| name != "concurrently.sql").collect()
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
