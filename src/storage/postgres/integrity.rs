//! What a database knows to be wrong with itself. Looking for damaged pages is pg_amcheck's business.

use std::time::{Duration, Instant};

use super::connection::Connection;
use super::failure::Failure;

/// How long one look may take.
const WITHIN: Duration = Duration::from_hours(1);

const UNFINISHED: &str = "SELECT 'index ' || indexrelid::regclass || ' is not valid' FROM pg_index WHERE NOT indisvalid
     UNION ALL
     SELECT 'constraint ' || conname || ' was not checked' FROM pg_constraint WHERE NOT convalidated";

/// For every foreign key, and for what the first migration says is one but for its cost, a statement that counts the rows
/// that refer to nothing: all of ours have one column.
const REFERENCES: &str = "SELECT child || '.' || child_column,
     format('SELECT count(*) FROM %s c WHERE c.%I IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %s p WHERE p.%I = c.%I)',
         child, child_column, parent, parent_column, child_column)
     FROM (
         SELECT conrelid::regclass::text, child.attname, confrelid::regclass::text, parent.attname
         FROM pg_constraint
         JOIN pg_attribute child ON child.attrelid = conrelid AND child.attnum = conkey[1]
         JOIN pg_attribute parent ON parent.attrelid = confrelid AND parent.attnum = confkey[1]
         WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
         UNION ALL VALUES
         ('ticket', 'workspace_id', 'workspace', 'id'), ('ticket', 'requester_id', 'app_user', 'id'),
         ('ticket', 'category_id', 'category', 'id'),
         ('conversation', 'workspace_id', 'workspace', 'id'), ('conversation', 'author_id', 'app_user', 'id'),
         ('event', 'workspace_id', 'workspace', 'id')
     ) AS reference (child, child_column, parent, parent_column) ORDER BY 1";

/// Each problem in a sentence.
pub fn problems(connection: &Connection) -> Result<Vec<String>, Failure> {
    let client = &connection.client;
    connection.wait(Instant::now() + WITHIN, async {
        let mut problems: Vec<String> = client.query(UNFINISHED, &[]).await?.iter().map(|row| row.get(0)).collect();
        for reference in client.query(REFERENCES, &[]).await? {
            let (column, count): (&str, &str) = (reference.get(0), reference.get(1));
            let orphans: i64 = client.query_one(count, &[]).await?.get(0);
            if orphans > 0 {
                problems.push(format!("{orphans} rows of {column} refer to nothing"));
            }
        }
        Ok(problems)
    })
}
