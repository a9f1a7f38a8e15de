//! A transaction on a SQLite connection.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement, ToSql};

use super::super::{EachRow, Param, Row, Sequence, StorageError, Table, Tx};
use super::search::{self, Waiting};
use crate::domain::EventId;
use crate::domain::search::Wanted;

const NEXT_ID: &str = "UPDATE sequence SET value = value + 1 WHERE name = $1 RETURNING value";
const LAST_ID: &str = "SELECT value FROM sequence WHERE name = $1";
const RAISE_LAST_ID: &str = "UPDATE sequence SET value = MAX(value, $1) WHERE name = $2";
/// Tables whose ids AUTOINCREMENT gives: it keeps a row for each that has had rows.
const AUTOINCREMENT: [&str; 2] = ["event", "audit"];
const LAST_ROW_ID: &str = "SELECT seq FROM sqlite_sequence WHERE name = $1";
const START_ROW_IDS: &str = "INSERT INTO sqlite_sequence (name, seq)
     SELECT $1, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = $1)";
const RAISE_LAST_ROW_ID: &str = "UPDATE sqlite_sequence SET seq = MAX(seq, $1) WHERE name = $2";
const BUMP_REVISION: &str = "UPDATE revision SET value = value + 1 WHERE id = 1";

/// The transaction that is open on `connection`.
pub struct SqliteTx<'c> {
    connection: &'c Connection,
    /// Whether the closure that runs changed what servers remember.
    pub revision_bumped: bool,
    /// What is yet to be made of texts.
    pub waiting: Waiting,
}

impl<'c> SqliteTx<'c> {
    pub fn new(connection: &'c Connection) -> Self {
        Self { connection, revision_bumped: false, waiting: Waiting::default() }
    }
}

impl Tx for SqliteTx<'_> {
    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, StorageError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        bind(&mut statement, params)?;
        Ok(statement.raw_execute()? as u64)
    }

    fn execute_later(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<(), StorageError> {
        self.execute(sql, params).map(drop)
    }

    fn query(&mut self, sql: &'static str, params: &[Param<'_>], each: EachRow<'_>) -> Result<(), StorageError> {
        self.query_composed(sql, params, each)
    }

    fn query_composed(&mut self, sql: &str, params: &[Param<'_>], each: EachRow<'_>) -> Result<(), StorageError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        bind(&mut statement, params)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            each(&SqliteRow(row))?;
        }
        Ok(())
    }

    fn will_need_id(&mut self, _: Sequence) -> Result<(), StorageError> {
        // An id is a statement away.
        Ok(())
    }

    fn next_id(&mut self, sequence: Sequence) -> Result<i64, StorageError> {
        let name = match sequence {
            Sequence::Ticket => "ticket",
            Sequence::Conversation => "conversation",
        };
        let mut next = None;
        self.query(NEXT_ID, &[Param::Text(name)], &mut |row| {
            next = Some(row.int(0)?);
            Ok(())
        })?;
        next.ok_or_else(|| StorageError::Schema(format!("the sequence {name} is missing")))
    }

    fn index_text(&mut self, number: i64, terms: &str) -> Result<(), StorageError> {
        self.waiting.index(number, terms);
        Ok(())
    }

    fn forget_text(&mut self, number: i64) -> Result<(), StorageError> {
        self.waiting.forget(number);
        Ok(())
    }

    fn find_texts(&mut self, places: &[String], wanted: &[&Wanted], limit: usize) -> Result<Vec<i64>, StorageError> {
        if !self.waiting.is_empty() {
            self.waiting.show(self.connection)?;
        }
        search::find(self.connection, places, wanted, limit)
    }

    fn last_settled_event(&mut self) -> Result<EventId, StorageError> {
        // One transaction writes at a time, so that numbers become visible in their order.
        Ok(EventId(self.last_id("event")?.unwrap_or_default()))
    }

    /// The other tables are numbered from the greatest id that is there, and nothing is kept of those that are gone.
    fn last_id(&mut self, table: &'static str) -> Result<Option<i64>, StorageError> {
        let mut last = None;
        let sql = if AUTOINCREMENT.contains(&table) { LAST_ROW_ID } else { LAST_ID };
        self.query(sql, &[Param::Text(table)], &mut |row| {
            last = Some(row.int(0)?);
            Ok(())
        })?;
        Ok(last)
    }

    fn raise_last_id(&mut self, table: &'static str, id: i64) -> Result<(), StorageError> {
        let mut raise = RAISE_LAST_ID;
        if AUTOINCREMENT.contains(&table) {
            self.execute(START_ROW_IDS, &[Param::Text(table)])?;
            raise = RAISE_LAST_ROW_ID;
        }
        self.execute(raise, &[Param::Int(id), Param::Text(table)]).map(drop)
    }

    fn exclude_writers(&mut self, _: Table) -> Result<(), StorageError> {
        // A transaction that writes is alone anyway: SQLite has one writer at a time, over all processes.
        Ok(())
    }

    fn database_identity(&mut self) -> Result<String, StorageError> {
        Ok(String::new())
    }

    fn bump_revision(&mut self) -> Result<(), StorageError> {
        self.execute(BUMP_REVISION, &[])?;
        self.revision_bumped = true;
        Ok(())
    }
}

/// SQLite numbers `$n` by first appearance, which the statements keep equal to `n`.
fn bind(statement: &mut Statement<'_>, params: &[Param<'_>]) -> Result<(), StorageError> {
    for (index, param) in params.iter().enumerate() {
        let position = index + 1;
        debug_assert_eq!(statement.parameter_name(position), Some(format!("${position}").as_str()));
        statement.raw_bind_parameter(position, param)?;
    }
    Ok(())
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Param::Null => ValueRef::Null,
            Param::Int(number) => ValueRef::Integer(*number),
            Param::Bool(truth) => ValueRef::Integer(i64::from(*truth)),
            Param::Text(text) => ValueRef::Text(text.as_bytes()),
            Param::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

struct SqliteRow<'r>(&'r rusqlite::Row<'r>);

impl SqliteRow<'_> {
    fn value(&self, column: usize) -> Result<ValueRef<'_>, StorageError> {
        Ok(self.0.get_ref(column)?)
    }
}

fn unexpected(column: usize, value: ValueRef<'_>) -> StorageError {
    StorageError::Unexpected { column, problem: format!("the type is {}", value.data_type()) }
}

impl Row for SqliteRow<'_> {
    fn int(&self, column: usize) -> Result<i64, StorageError> {
        match self.value(column)? {
            ValueRef::Integer(number) => Ok(number),
            other => Err(unexpected(column, other)),
        }
    }

    fn opt_int(&self, column: usize) -> Result<Option<i64>, StorageError> {
        match self.value(column)? {
            ValueRef::Null => Ok(None),
            _ => self.int(column).map(Some),
        }
    }

    fn bool(&self, column: usize) -> Result<bool, StorageError> {
        Ok(self.int(column)? != 0)
    }

    fn text(&self, column: usize) -> Result<&str, StorageError> {
        match self.value(column)? {
            ValueRef::Text(bytes) => {
                std::str::from_utf8(bytes).map_err(|e| StorageError::Unexpected { column, problem: e.to_string() })
            }
            other => Err(unexpected(column, other)),
        }
    }

    fn opt_text(&self, column: usize) -> Result<Option<&str>, StorageError> {
        match self.value(column)? {
            ValueRef::Null => Ok(None),
            _ => self.text(column).map(Some),
        }
    }

    fn bytes(&self, column: usize) -> Result<&[u8], StorageError> {
        match self.value(column)? {
            ValueRef::Blob(bytes) => Ok(bytes),
            other => Err(unexpected(column, other)),
        }
    }
}
