//! What a failure means for the job, and for the connection.

use tokio_postgres::error::{Error, SqlState};

use super::super::StorageError;

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Another transaction was in the way, and has ended since: the same may work at once.
    Conflict,
    /// Another transaction holds what this one needs, for longer than this one waits.
    Locked,
    /// The server is in trouble: it is full, out of memory, or too slow.
    Busy,
    /// The connection is of no more use, or its server takes no writes any more: the same may work on another.
    Lost,
    /// The server has not answered in time. What it is doing is unknown, and the connection of no use until it answers.
    Late,
    /// The transaction or its server takes no writes.
    ReadOnly,
    /// Trying again is of no use.
    Final,
}

/// A failure, understood.
#[derive(Clone, Debug)]
pub struct Failure {
    pub kind: Kind,
    /// What the log says of it: the driver's words, without values.
    pub cause: String,
}

impl Failure {
    /// A failure that is not the driver's.
    pub fn ours(kind: Kind, cause: impl Into<String>) -> Self {
        Self { kind, cause: cause.into() }
    }

    /// The server has not answered in time.
    pub fn too_slow() -> Self {
        Self::ours(Kind::Late, "the server does not answer in time")
    }

    /// Whether the connection cannot be gone on with.
    pub fn is_of_the_connection(&self) -> bool {
        matches!(self.kind, Kind::Lost | Kind::Late)
    }

    /// As a closure or its caller sees it.
    pub fn into_storage_error(self) -> StorageError {
        match self.kind {
            Kind::Locked => StorageError::Locked,
            Kind::Final | Kind::ReadOnly => StorageError::Engine(self.cause.into()),
            Kind::Conflict | Kind::Busy | Kind::Lost | Kind::Late => StorageError::Busy,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let kind = kind(&error);
        // An error of the server's is told by its code and message; its detail may repeat what users wrote.
        let cause = match error.as_db_error() {
            Some(server) => format!("{} ({})", server.message(), server.code().code()),
            None => with_sources(&error),
        };
        Self { kind, cause }
    }
}

fn kind(error: &Error) -> Kind {
    let Some(code) = error.code() else {
        // Not from the server: either the connection broke, or a value does not fit its statement.
        let is_io = std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
        return if error.is_closed() || is_io { Kind::Lost } else { Kind::Final };
    };
    match code {
        // The last two: another has added the row since this transaction looked, or deleted it; the next look finds out.
        &SqlState::T_R_SERIALIZATION_FAILURE
        | &SqlState::T_R_DEADLOCK_DETECTED
        | &SqlState::UNIQUE_VIOLATION
        | &SqlState::FOREIGN_KEY_VIOLATION => Kind::Conflict,
        &SqlState::LOCK_NOT_AVAILABLE => Kind::Locked,
        &SqlState::QUERY_CANCELED => Kind::Busy,
        &SqlState::READ_ONLY_SQL_TRANSACTION => Kind::ReadOnly,
        // The transaction did nothing for too long, and the server has closed the connection; or a pooler between us and
        // the server has dropped what we prepared.
        &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT | &SqlState::INVALID_SQL_STATEMENT_NAME => Kind::Lost,
        other => match &other.code()[..2] {
            // Connection exception; operator intervention (shutdown, crash, start-up).
            "08" | "57" => Kind::Lost,
            // Insufficient resources; system error.
            "53" | "58" => Kind::Busy,
            _ => Kind::Final,
        },
    }
}

/// The error and what caused it, in one line.
pub fn with_sources(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_line = cause.to_string();
        if !line.contains(&cause_line) {
            line = format!("{line}: {cause_line}");
        }
        source = cause.source();
    }
    line
}
