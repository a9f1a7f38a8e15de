//! The seam between use cases and databases: a [`Store`] runs closures over a [`Tx`].
//!
//! SQL lives in this module and nowhere else; [`queries`] holds it by area, one text for every engine.

pub mod copy;
mod database;
mod engine;
pub mod metrics;
mod postgres;
pub mod queries;
mod schema;
mod sqlite;
pub mod turns;
mod value;
mod work;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use self::engine::{Engine, Readiness};
use self::turns::{Access, Turns};
use self::work::Job;
use crate::domain::search::Wanted;
use crate::domain::{Error, EventId};

pub use database::Database;
pub use metrics::StorageMetrics;
pub use postgres::PostgresUrl;

/// A value that goes into a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param<'a> {
    Null,
    Int(i64),
    Bool(bool),
    /// Without a NUL character, which PostgreSQL has no place for.
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl<'a> Param<'a> {
    /// `Text`, or `Null` for `None`.
    #[must_use]
    pub fn opt_text(value: Option<&'a str>) -> Self {
        value.map_or(Self::Null, Self::Text)
    }

    /// `Int`, or `Null` for `None`.
    #[must_use]
    pub fn opt_int(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Int)
    }
}

/// One row of an answer; columns are counted from 0. A column that is not there, or of another type, is an error.
#[allow(clippy::missing_errors_doc, reason = "said once, above")]
pub trait Row {
    /// A number that is not null.
    fn int(&self, column: usize) -> Result<i64, StorageError>;
    /// A number or null.
    fn opt_int(&self, column: usize) -> Result<Option<i64>, StorageError>;
    /// A truth value that is not null.
    fn bool(&self, column: usize) -> Result<bool, StorageError>;
    /// Text that is not null.
    fn text(&self, column: usize) -> Result<&str, StorageError>;
    /// Text or null.
    fn opt_text(&self, column: usize) -> Result<Option<&str>, StorageError>;
    /// Bytes that are not null.
    fn bytes(&self, column: usize) -> Result<&[u8], StorageError>;
}

/// Tables whose ids the database hands out ahead of the insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    Ticket,
    Conversation,
}

/// Tables that a transaction may want to have to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    Attachment,
    Audit,
}

/// What `each` of [`Tx::query`] is: called with every row in turn.
pub type EachRow<'a> = &'a mut dyn FnMut(&dyn Row) -> Result<(), StorageError>;

/// A transaction. What is done through it happens whole or not at all.
///
/// Statements name their parameters `$1…$n`, in the order in which they first appear. Everything here fails when the
/// database does.
#[allow(clippy::missing_errors_doc, reason = "said once, above")]
pub trait Tx {
    /// Runs `sql` and gives the number of rows that it changed.
    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, StorageError>;

    /// Runs `sql` before the next statement that gives an answer, or before the commit: for changes of which nobody needs
    /// to know how many rows they met. Saves a round trip to a database that is elsewhere. What fails may show only there.
    fn execute_later(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<(), StorageError>;

    /// Lets `reads` ask before anybody waits, so that many questions cost one round trip to a database that is elsewhere.
    /// It is shown no rows; whoever then asks the same is given the answer that came. Only reads do so.
    fn ahead(&mut self, reads: &mut dyn FnMut(&mut dyn Tx)) {
        let _ = reads;
    }

    /// Runs `sql` and hands every row of the answer to `each`.
    fn query(&mut self, sql: &'static str, params: &[Param<'_>], each: EachRow<'_>) -> Result<(), StorageError>;

    /// As [`Tx::query`], for a statement that was composed of what was asked for. Values go into `params`, never into `sql`.
    fn query_composed(&mut self, sql: &str, params: &[Param<'_>], each: EachRow<'_>) -> Result<(), StorageError>;

    /// Says that [`Tx::next_id`] will be asked for, so that the id can come along with an answer that is waited for anyway.
    /// Not for what may well not come to that: the id is used up.
    fn will_need_id(&mut self, sequence: Sequence) -> Result<(), StorageError>;

    /// The next id of a table that cannot number its own rows.
    fn next_id(&mut self, sequence: Sequence) -> Result<i64, StorageError>;

    /// The last id that `table` gave to a row, which may be gone, as far as the engine keeps it.
    fn last_id(&mut self, table: &'static str) -> Result<Option<i64>, StorageError>;

    /// Sees to it that `table` gives no id up to `id` to a row any more, as far as the engine can.
    fn raise_last_id(&mut self, table: &'static str, id: i64) -> Result<(), StorageError>;

    /// Makes the text numbered `number` findable by `terms`, from the commit on: each is there once, in the order of their
    /// bytes, with a space between them. They are made of letters, digits and `_`.
    fn index_text(&mut self, number: i64, terms: &str) -> Result<(), StorageError>;

    /// Makes the text numbered `number` findable by nothing any more.
    fn forget_text(&mut self, number: i64) -> Result<(), StorageError>;

    /// The numbers of texts that have, with one and the same of `places` before it, a term for every one of `wanted`. The
    /// places are gone through in their order, and in each the greatest numbers come first, until `limit` texts are found.
    fn find_texts(&mut self, places: &[String], wanted: &[&Wanted], limit: usize) -> Result<Vec<i64>, StorageError>;

    /// The number of the last event that may be published: none with a smaller number will appear any more, though a
    /// transaction that is still running may yet commit events with greater ones.
    fn last_settled_event(&mut self) -> Result<EventId, StorageError>;

    /// Waits for the transactions that have written to `table`, and keeps others from writing to it until this one is
    /// over: what is read of it from here on is all there is.
    fn exclude_writers(&mut self, table: Table) -> Result<(), StorageError>;

    /// What the engine tells this database from others by, if it does; a copy of a file is not told from the file.
    fn database_identity(&mut self) -> Result<String, StorageError>;

    /// Says that this transaction changes what servers remember between requests (see [`Store::revision`]).
    fn bump_revision(&mut self) -> Result<(), StorageError>;
}

/// Why a statement or a transaction failed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database is locked, its queue is full, or a commit failed: the same may work in a moment.
    #[error("the database is busy")]
    Busy,
    /// Another transaction holds what this one needs, and did not let go of it in time.
    #[error("another request holds what this one needs")]
    Locked,
    /// A value that the schema does not allow, such as a role that this version does not know.
    #[error("unexpected value in column {column}: {problem}")]
    Unexpected { column: usize, problem: String },
    /// The schema is newer than this program, or cannot be brought up to date.
    #[error("{0}")]
    Schema(String),
    /// Whatever the engine says.
    #[error(transparent)]
    Engine(Box<dyn std::error::Error + Send + Sync>),
}

/// How long a caller is asked to wait when the database is busy.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Busy | StorageError::Locked => Self::Busy { retry_after: RETRY_AFTER },
            other => Self::internal(other),
        }
    }
}

/// How much longer than an engine's patience a caller waits.
const BEGUN_LATE: Duration = Duration::from_millis(200);

/// How a store is sized.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Threads that read, each with a connection of its own; 0 is as many as suit the engine.
    pub readers: usize,
    /// Threads that write, each with a connection of its own; 0 is as many as suit the engine. SQLite has one.
    pub writers: usize,
    /// Closures that may wait for the writer, and as many again for the readers; one more is refused at once.
    pub queue: usize,
    /// How long to wait for another process that holds the write lock.
    pub busy_timeout: Duration,
    /// How long a caller waits for a database server, all its retries included.
    pub patience: Duration,
    /// A streaming replica of the PostgreSQL database, for [`Store::read_anywhere`].
    pub replica: Option<PostgresUrl>,
}

/// What leaves an answer of the server time to reach its client within two seconds.
const PATIENCE: Duration = Duration::from_millis(1600);

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            readers: 0,
            writers: 0,
            queue: 4096,
            busy_timeout: Duration::from_secs(10),
            patience: PATIENCE,
            replica: None,
        }
    }
}

/// One of an engine's ways to take a job.
type Submit = fn(&dyn Engine, Box<dyn Job>) -> Result<(), StorageError>;

/// What `read` reads; its questions are asked at once, as far as none rests on the answer to another.
///
/// # Errors
/// What `read` gives.
pub fn together<T, E>(tx: &mut dyn Tx, read: impl Fn(&mut dyn Tx) -> Result<T, E>) -> Result<T, E> {
    // What it makes of no rows is of no interest.
    tx.ahead(&mut |tx| drop(read(tx)));
    read(tx)
}

/// A database and the threads that run closures on it. Cheap to clone; the last clone closes it.
#[derive(Clone)]
pub struct Store {
    engine: Arc<dyn Engine>,
    turns: Arc<Turns>,
    metrics: StorageMetrics,
}

impl Store {
    /// Opens the SQLite file at `path`, creating it and bringing its schema up to date first.
    ///
    /// # Errors
    /// When the file cannot be opened, or its schema is newer than this program.
    pub fn open_sqlite(path: &Path, options: &StoreOptions, metrics: StorageMetrics) -> Result<Self, StorageError> {
        Ok(Self::on(Arc::new(sqlite::Engine::open(path, options, metrics.clone())?), metrics))
    }

    /// Connects to a PostgreSQL database, bringing its schema up to date first.
    ///
    /// # Errors
    /// When it cannot be reached or used, which the message explains, or its schema is newer than this program may use.
    pub fn open_postgres(
        url: &PostgresUrl,
        options: &StoreOptions,
        metrics: StorageMetrics,
    ) -> Result<Self, StorageError> {
        Ok(Self::on(Arc::new(postgres::Engine::open(url, options, metrics.clone())?), metrics))
    }

    fn on(engine: Arc<dyn Engine>, metrics: StorageMetrics) -> Self {
        let turns = Arc::new(Turns::new(engine.share()));
        Self { engine, turns, metrics }
    }

    /// Runs `work` in a read-write transaction. `Ok` means that it is committed and durable; after `Err` nothing of it
    /// is left. An engine may run `work` more than once, each time on a clean slate.
    ///
    /// # Errors
    /// What `work` gives; [`Error::Busy`] when the queue is full or the commit failed; [`Error::Internal`] when `work`
    /// panicked.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Tx) -> Result<T, Error> + Send + 'static,
    {
        self.run(work, Access::Write, |engine, job| engine.submit_write(job)).await
    }

    /// Runs `work` in a read-only transaction that sees one moment of the database.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn read<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Tx) -> Result<T, Error> + Send + 'static,
    {
        self.run(work, Access::Read, |engine, job| engine.submit_read(job)).await
    }

    /// As [`Store::read`], but on the replica where there is one and it has what is needed: `work` sees all that was
    /// committed before this was called, by whomever, wherever it runs.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn read_anywhere<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Tx) -> Result<T, Error> + Send + 'static,
    {
        self.run(work, Access::Read, |engine, job| engine.submit_read_anywhere(job)).await
    }

    /// Hands `work` to the engine by `submit`, when it is its user's turn, and waits for its answer. The engine's threads
    /// keep to its patience themselves, once they have begun; the time-out here is for when all of them are held up. What
    /// was begun may then still come to pass, which nobody is told.
    async fn run<T, F>(&self, work: F, access: Access, submit: Submit) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut dyn Tx) -> Result<T, Error> + Send + 'static,
    {
        match access {
            Access::Read => self.metrics.reads.inc(),
            Access::Write => self.metrics.writes.inc(),
        };
        let deadline = self.engine.patience().map(|patience| Instant::now() + patience);
        let turn = match deadline {
            Some(deadline) => {
                tokio::time::timeout_at(deadline, self.turns.take(access)).await.map_err(|_| StorageError::Busy)?
            }
            None => self.turns.take(access).await,
        };
        // The turn lasts as long as the closure is with the engine, whether or not somebody still waits for its answer.
        let (job, answer) = work::job(deadline.map(Instant::into_std), move |tx: &mut dyn Tx| {
            let _turn = &turn;
            work(tx)
        });
        submit(&*self.engine, job)?;
        let Some(deadline) = deadline else { return answer.await };
        let answered = tokio::time::timeout_at(deadline + BEGUN_LATE, answer).await;
        answered.unwrap_or_else(|_| Err(StorageError::Busy.into()))
    }

    /// Whether reads and writes can be expected to succeed.
    ///
    /// # Errors
    /// [`Error::Busy`] when the database does not answer as it must.
    pub async fn ready(&self) -> Result<(), Error> {
        match self.engine.readiness() {
            Readiness::Ready => Ok(()),
            Readiness::Away => Err(StorageError::Busy.into()),
            Readiness::AskByReading => self.read(|tx| Ok(queries::installation::is_there(tx)?)).await,
            Readiness::AskByWriting => self.write(|tx| Ok(queries::installation::touch(tx)?)).await,
        }
    }

    /// Whether the disk has failed in a way after which this process must end, so that the next one begins with what the
    /// disk has: what this one reads may not be on it. No write is promised any more; reads go on until then.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.engine.is_broken()
    }

    /// A number that grows whenever keys, users, sessions, catalogue or settings change: at once for changes made
    /// through this store, within a tenth of a second for those of other processes. What was read while it had the
    /// same value may be remembered.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.engine.revision()
    }

    /// What the database finds wrong with its own file; nothing, most likely.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn integrity_problems(&self) -> Result<Vec<String>, Error> {
        let engine = Arc::clone(&self.engine);
        let checked = tokio::task::spawn_blocking(move || engine.integrity_problems());
        Ok(checked.await.map_err(Error::internal)??)
    }

    /// Copies the database to a new SQLite file, as it is at one moment, if it is such a file itself; others go on writing.
    /// Whether it did. `copied` is told of pages that are done, and of how many there are.
    async fn write_snapshot(&self, to: &Path, copied: Arc<dyn Fn(u64, u64) + Send + Sync>) -> Result<bool, Error> {
        let (engine, to) = (Arc::clone(&self.engine), to.to_owned());
        let copying = tokio::task::spawn_blocking(move || engine.write_snapshot(&to, &*copied));
        Ok(copying.await.map_err(Error::internal)??)
    }

    /// How many rows a closure had best write, if there are many.
    #[must_use]
    pub fn rows_per_write(&self) -> usize {
        self.engine.rows_per_write()
    }

    /// How many closures wait for the writer, and for the readers.
    #[must_use]
    pub fn queue_depths(&self) -> (usize, usize) {
        self.engine.queue_depths()
    }

    /// Finishes what was accepted, folds the write-ahead log into the database file and stops the threads.
    pub fn close(&self) {
        self.engine.close();
    }
}
