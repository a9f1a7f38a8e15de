//! A transaction on a PostgreSQL connection. Statements whose answer nobody needs wait until one is sent whose answer
//! somebody does, `BEGIN` and `COMMIT` included; they then travel together.

use std::cell::{Cell, RefCell};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use futures_util::future::{MaybeDone, join, maybe_done};
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use super::connection::Connection;
use super::failure::{Failure, Kind};
use super::row::PgRow;
use super::search;
use crate::domain::EventId;
use crate::domain::search::Wanted;
use crate::storage::value::Value;
use crate::storage::{EachRow, Param, Sequence, StorageError, Table, Tx};

const BUMP_REVISION: &str = "WITH bumped AS (UPDATE revision SET value = value + 1 WHERE id = 1 RETURNING value)
     SELECT pg_notify('ferrodesk_revision', value::text) FROM bumped";

/// Whatever kind of sequence the table has, it belongs to the column.
const LAST_ID: &str = "SELECT pg_sequence_last_value(pg_get_serial_sequence($1, 'id')::regclass)";
const RAISE_LAST_ID: &str = "WITH of_table AS (SELECT pg_get_serial_sequence($1, 'id')::regclass AS sequence)
     SELECT setval(sequence, GREATEST(CAST($2 AS bigint), pg_sequence_last_value(sequence))) FROM of_table WHERE $2 > 0";

/// The cluster, and the database in it: the same on a standby that takes over, another where a dump was restored.
const IDENTITY: &str = "SELECT concat('.', (SELECT system_identifier FROM pg_control_system()), '.',
     (SELECT oid FROM pg_database WHERE datname = current_database()))";

/// What a transaction is begun as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Write,
    /// Sees one moment of the database.
    Read,
}

impl Mode {
    fn begin(self) -> &'static str {
        match self {
            Self::Write => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
            Self::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// That nothing can be written is to be expected of a read; of a write it says that its server was demoted.
    fn judge(self, failure: Failure) -> Failure {
        match (failure.kind, self) {
            (Kind::ReadOnly, Self::Write) => Failure { kind: Kind::Lost, ..failure },
            _ => failure,
        }
    }
}

type Sent<'c> = Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + 'c>>;

/// A question that was asked ahead of its use.
struct Ahead {
    sql: &'static str,
    params: Vec<Value>,
    answer: Rc<RefCell<Option<Vec<tokio_postgres::Row>>>>,
}

/// The transaction that is open on `connection`, or will be as soon as its first statement is sent.
pub struct PgTx<'c> {
    connection: &'c Connection,
    deadline: Instant,
    mode: Mode,
    /// What was sent, or is about to be, and has not been heard of.
    sent: Vec<Pin<Box<MaybeDone<Sent<'c>>>>>,
    /// An id that is on its way.
    expected: Option<(Sequence, Rc<Cell<Option<i64>>>)>,
    /// Whether questions are sent and not waited for.
    asks_ahead: bool,
    /// The answers to what was asked ahead, as far as they have come and nobody has taken them.
    ahead: Vec<Ahead>,
    /// The first thing that went wrong; after it, the server takes no more statements of this transaction.
    pub failure: Option<Failure>,
    /// Whether the closure changed what servers remember.
    pub revision_bumped: bool,
    /// As it was before the transaction's first look at the database, which therefore sees all of these events.
    last_settled_event: i64,
}

impl<'c> PgTx<'c> {
    pub fn begin(connection: &'c Connection, mode: Mode, deadline: Instant, settled: &AtomicI64) -> Self {
        let mut tx = Self {
            connection,
            deadline,
            mode,
            sent: Vec::new(),
            expected: None,
            asks_ahead: false,
            ahead: Vec::new(),
            failure: None,
            revision_bumped: false,
            last_settled_event: settled.load(Ordering::Acquire),
        };
        tx.send(Box::pin(connection.client.batch_execute(mode.begin())));
        tx
    }

    /// Does what a transaction does last of all, because the row is one that many want. What fails is in `failure`.
    pub fn finish(&mut self) {
        if self.revision_bumped {
            let _ = self.execute_later(BUMP_REVISION, &[]);
        }
    }

    /// Makes what was done durable. When this fails with [`Kind::Lost`] or [`Kind::Late`], nobody knows whether it is.
    pub fn commit(self) -> Result<(), Failure> {
        self.end("COMMIT")
    }

    /// Undoes what was done; tells what went wrong with statements that nobody had heard of yet.
    pub fn roll_back(self) -> Result<(), Failure> {
        self.end("ROLLBACK")
    }

    fn end(mut self, how: &'static str) -> Result<(), Failure> {
        let sent = std::mem::take(&mut self.sent);
        let client = &self.connection.client;
        let ended = self.connection.wait(self.deadline, async {
            let (heard, ended) = join(hear(sent), client.batch_execute(how)).await;
            heard?;
            Ok(ended?)
        });
        ended.map_err(|failure| self.mode.judge(failure))
    }

    /// Hands a statement to the driver, which sends it at the next wait.
    fn send(&mut self, statement: Sent<'c>) {
        let mut statement = Box::pin(maybe_done(statement));
        // The first poll puts it into the driver's queue; that it is early does not matter.
        let _ = statement.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
        self.sent.push(statement);
    }

    /// Waits until all that was sent is heard of, and `last` with it.
    fn wait<T>(&mut self, last: impl Future<Output = Result<T, Failure>>) -> Result<T, StorageError> {
        let sent = std::mem::take(&mut self.sent);
        let outcome = self.connection.wait(self.deadline, async {
            let (heard, last) = join(hear(sent), last).await;
            heard?;
            last
        });
        outcome.map_err(|failure| self.note(self.mode.judge(failure)))
    }

    fn note(&mut self, failure: Failure) -> StorageError {
        self.failure.get_or_insert_with(|| failure.clone());
        failure.into_storage_error()
    }

    fn statement(&mut self, sql: &'static str) -> Result<Statement, StorageError> {
        if let Some(statement) = self.connection.prepared(sql) {
            return Ok(statement);
        }
        let client = &self.connection.client;
        let statement = self.wait(async { Ok(client.prepare(sql).await?) })?;
        self.connection.remember(sql, &statement);
        Ok(statement)
    }

    fn ask_ahead(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<(), StorageError> {
        if self.asked_ahead(sql, params).is_some() {
            return Ok(());
        }
        let statement = self.statement(sql)?;
        let params: Vec<Value> = params.iter().map(Value::from).collect();
        let answer = Rc::new(RefCell::new(None));
        self.ahead.push(Ahead { sql, params: params.clone(), answer: Rc::clone(&answer) });
        let client = &self.connection.client;
        self.send(Box::pin(async move {
            let rows = client.query_raw(&statement, &params).await?.try_collect().await?;
            *answer.borrow_mut() = Some(rows);
            Ok(())
        }));
        Ok(())
    }

    fn asked_ahead(&self, sql: &str, params: &[Param<'_>]) -> Option<usize> {
        let with = |asked: &Ahead| asked.params.iter().map(Value::as_param).eq(params.iter().copied());
        self.ahead.iter().position(|asked| asked.sql == sql && with(asked))
    }

    /// The answer to what was asked ahead with these, if it was.
    fn taken(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> Result<Option<Vec<tokio_postgres::Row>>, StorageError> {
        let Some(place) = self.asked_ahead(sql, params) else { return Ok(None) };
        let asked = self.ahead.swap_remove(place);
        if asked.answer.borrow().is_none() {
            self.wait(async { Ok(()) })?;
        }
        Ok(asked.answer.take())
    }

    /// Runs a prepared statement and hands every row of its answer to `each`.
    fn answer(&mut self, statement: &Statement, params: &[Param<'_>], each: EachRow<'_>) -> Result<(), StorageError> {
        let client = &self.connection.client;
        let mut refused = Ok(());
        self.wait(async {
            let mut rows = pin!(client.query_raw(statement, values(params)).await?);
            while let Some(row) = rows.next().await {
                let row = row?;
                if refused.is_ok() {
                    refused = each(&PgRow(&row));
                }
            }
            Ok(())
        })?;
        refused
    }
}

fn next_of(sequence: Sequence) -> &'static str {
    match sequence {
        Sequence::Ticket => "SELECT nextval('ticket_id')",
        Sequence::Conversation => "SELECT nextval('conversation_id')",
    }
}

/// Waits for all of `sent`; gives the first failure, which is what made the others fail.
async fn hear(sent: Vec<Pin<Box<MaybeDone<Sent<'_>>>>>) -> Result<(), Failure> {
    let mut first = None;
    for mut statement in sent {
        statement.as_mut().await;
        if let Some(Err(error)) = statement.as_mut().take_output() {
            first.get_or_insert(error);
        }
    }
    first.map_or(Ok(()), |error| Err(error.into()))
}

/// Parameters as the driver takes them.
fn values<'a>(params: &'a [Param<'a>]) -> impl ExactSizeIterator<Item = &'a (dyn ToSql + Sync)> + Clone {
    params.iter().map(|param| param as &(dyn ToSql + Sync))
}

impl Tx for PgTx<'_> {
    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, StorageError> {
        let statement = self.statement(sql)?;
        let client = &self.connection.client;
        self.wait(async { Ok(client.execute_raw(&statement, values(params)).await?) })
    }

    fn execute_later(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<(), StorageError> {
        let statement = self.statement(sql)?;
        let owned: Vec<Value> = params.iter().map(Value::from).collect();
        let client = &self.connection.client;
        self.send(Box::pin(async move { client.execute_raw(&statement, &owned).await.map(drop) }));
        Ok(())
    }

    fn ahead(&mut self, reads: &mut dyn FnMut(&mut dyn Tx)) {
        // What a write asks may be changed by itself before it asks again.
        if self.mode == Mode::Write {
            return;
        }
        let asks_ahead = std::mem::replace(&mut self.asks_ahead, true);
        reads(self);
        self.asks_ahead = asks_ahead;
    }

    fn query(&mut self, sql: &'static str, params: &[Param<'_>], each: EachRow<'_>) -> Result<(), StorageError> {
        if self.asks_ahead {
            return self.ask_ahead(sql, params);
        }
        if let Some(rows) = self.taken(sql, params)? {
            return rows.iter().try_for_each(|row| each(&PgRow(row)));
        }
        let statement = self.statement(sql)?;
        self.answer(&statement, params, each)
    }

    fn query_composed(&mut self, sql: &str, params: &[Param<'_>], each: EachRow<'_>) -> Result<(), StorageError> {
        if let Some(statement) = self.connection.prepared_composed(sql) {
            return self.answer(&statement, params, each);
        }
        let client = &self.connection.client;
        let statement = self.wait(async { Ok(client.prepare(sql).await?) })?;
        self.connection.remember_composed(sql, &statement);
        self.answer(&statement, params, each)
    }

    fn will_need_id(&mut self, sequence: Sequence) -> Result<(), StorageError> {
        let statement = self.statement(next_of(sequence))?;
        let id = Rc::new(Cell::new(None));
        let client = &self.connection.client;
        self.expected = Some((sequence, Rc::clone(&id)));
        self.send(Box::pin(async move {
            id.set(Some(client.query_one(&statement, &[]).await?.get(0)));
            Ok(())
        }));
        Ok(())
    }

    fn next_id(&mut self, sequence: Sequence) -> Result<i64, StorageError> {
        if self.expected.as_ref().is_none_or(|(expected, _)| *expected != sequence) {
            self.will_need_id(sequence)?;
        }
        let id = self.expected.take().map(|(_, id)| id).unwrap_or_default();
        if id.get().is_none() {
            self.wait(async { Ok(()) })?;
        }
        id.get().ok_or(StorageError::Busy)
    }

    fn index_text(&mut self, number: i64, terms: &str) -> Result<(), StorageError> {
        self.execute_later(search::INDEX, &[Param::Int(number), Param::Text(terms)])
    }

    fn forget_text(&mut self, number: i64) -> Result<(), StorageError> {
        self.execute_later(search::FORGET, &[Param::Int(number)])
    }

    fn find_texts(&mut self, places: &[String], wanted: &[&Wanted], limit: usize) -> Result<Vec<i64>, StorageError> {
        let (query, places) = (search::query(wanted), places.join(" "));
        let limit = Param::Int(i64::try_from(limit).unwrap_or(i64::MAX));
        let mut found = Vec::new();
        self.query(search::FIND, &[Param::Text(&query), Param::Text(&places), limit], &mut |row| {
            found.push(row.int(0)?);
            Ok(())
        })?;
        Ok(found)
    }

    fn last_settled_event(&mut self) -> Result<EventId, StorageError> {
        Ok(EventId(self.last_settled_event))
    }

    fn last_id(&mut self, table: &'static str) -> Result<Option<i64>, StorageError> {
        let mut last = None;
        self.query(LAST_ID, &[Param::Text(table)], &mut |row| {
            last = row.opt_int(0)?;
            Ok(())
        })?;
        Ok(last)
    }

    fn raise_last_id(&mut self, table: &'static str, id: i64) -> Result<(), StorageError> {
        self.query(RAISE_LAST_ID, &[Param::Text(table), Param::Int(id)], &mut |_| Ok(()))
    }

    fn exclude_writers(&mut self, table: Table) -> Result<(), StorageError> {
        let sql = match table {
            Table::Attachment => "LOCK TABLE attachment IN SHARE MODE",
            Table::Audit => "LOCK TABLE audit IN SHARE MODE",
        };
        // Waited for, because what comes next must look after it.
        self.execute(sql, &[]).map(drop)
    }

    fn database_identity(&mut self) -> Result<String, StorageError> {
        let mut identity = String::new();
        self.query(IDENTITY, &[], &mut |row| {
            row.text(0)?.clone_into(&mut identity);
            Ok(())
        })?;
        Ok(identity)
    }

    fn bump_revision(&mut self) -> Result<(), StorageError> {
        if self.mode == Mode::Read {
            return Err(StorageError::Schema("a read cannot change anything".to_owned()));
        }
        self.revision_bumped = true;
        Ok(())
    }
}
