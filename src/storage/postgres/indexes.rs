//! Indexes on tables that others write to meanwhile: built after the migrations, outside of any transaction.

use std::time::{Duration, Instant};

use super::connection::Connection;
use super::failure::{Failure, Kind};

const STATEMENTS: &str = include_str!("../../../migrations/postgres/concurrently.sql");

/// How long to wait for any one transaction that is older than the index. Nobody waits for us meanwhile, so this is long;
/// what runs for longer (a dump of the database, somebody's forgotten `BEGIN`) an operator should know of.
const OTHERS_END_WITHIN: Duration = Duration::from_mins(5);

/// How long asking for what is there may take.
const LOOK_WITHIN: Duration = Duration::from_secs(5);

/// An index that is not there, or is there and not valid, because its building was cut off.
pub struct Missing {
    name: &'static str,
    statement: &'static str,
    has_remains: bool,
}

/// Which indexes have to be built.
pub fn missing(connection: &Connection) -> Result<Vec<Missing>, Failure> {
    let wanted: Vec<(&str, &str)> = wanted().collect();
    let names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
    let there = "SELECT c.relname::text, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY ($1)";
    let there: Vec<(String, bool)> = connection.wait(Instant::now() + LOOK_WITHIN, async {
        let rows = connection.client.query(there, &[&names]).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    })?;
    let missing = wanted.into_iter().filter_map(|(name, statement)| {
        let validity = there.iter().find(|(found, _)| found == name).map(|(_, is_valid)| *is_valid);
        (validity != Some(true)).then_some(Missing { name, statement, has_remains: validity.is_some() })
    });
    Ok(missing.collect())
}

/// Builds an index while others read and write its table. When this fails, it may leave remains, which the next start
/// clears away.
pub fn build(connection: &mut Connection, index: &Missing) -> Result<(), Failure> {
    let started = Instant::now();
    let lock_timeout = format!("SET lock_timeout = {}", OTHERS_END_WITHIN.as_millis());
    let drop = index.has_remains.then(|| format!("DROP INDEX CONCURRENTLY {}", index.name));
    tracing::info!(index = index.name, "building an index");
    connection.block_on(async |client| {
        // One by one: statements that are sent together are one transaction.
        client.batch_execute(&lock_timeout).await?;
        if let Some(drop) = drop {
            client.batch_execute(&drop).await?;
        }
        Ok::<_, Failure>(client.batch_execute(index.statement).await?)
    })?;
    tracing::info!(index = index.name, seconds = started.elapsed().as_secs_f64(), "built an index");
    Ok(())
}

impl Missing {
    /// What to tell an operator when it cannot be built.
    pub fn complaint(&self, failure: &Failure) -> String {
        let hint = if failure.kind == Kind::Locked {
            "; it waits for all transactions that began before it: see pg_stat_activity for the oldest xact_start"
        } else {
            ""
        };
        format!("cannot build index {}: {}{hint}", self.name, failure.cause)
    }
}

/// The name of each index that there should be, and the statement that builds it.
fn wanted() -> impl Iterator<Item = (&'static str, &'static str)> {
    STATEMENTS.split(';').map(without_comments).filter(|statement| !statement.is_empty()).map(|statement| {
        let name = name_of(statement).expect("a test reads every statement of this file");
        (name, statement)
    })
}

/// What is left of `statement` behind the comments and empty lines that it begins with.
fn without_comments(statement: &str) -> &str {
    let mut rest = statement.trim();
    while rest.starts_with("--") {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    rest
}

/// The name in `CREATE [UNIQUE] INDEX CONCURRENTLY name ON …`.
fn name_of(statement: &str) -> Option<&str> {
    let rest = statement.strip_prefix("CREATE ")?;
    let rest = rest.strip_prefix("UNIQUE ").unwrap_or(rest);
    let (name, _) = rest.strip_prefix("INDEX CONCURRENTLY ")?.split_once(" ON ")?;
    let is_plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_plain.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_of_the_file_builds_an_index_concurrently() {
        let names: Vec<&str> = wanted().map(|(name, _)| name).collect();
        assert!(names.contains(&"ticket_by_activity") && names.contains(&"event_by_ticket"), "{names:?}");
        assert_eq!(STATEMENTS.matches("CREATE ").count(), names.len());
    }

    #[test]
    fn other_statements_are_none_of_ours() {
        for other in [
            "CREATE INDEX slow ON ticket (id)",
            "CREATE INDEX CONCURRENTLY ON ticket (id)",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS a ON ticket (id)",
            "DROP TABLE ticket",
        ] {
            assert_eq!(name_of(other), None, "{other}");
        }
        assert_eq!(name_of("CREATE UNIQUE INDEX CONCURRENTLY a_b ON ticket (id)"), Some("a_b"));
    }
}
