//! What can go wrong, free of transport. `http::ApiError` gives each its status and its words.

use std::error::Error as StdError;
use std::time::Duration;

use super::Status;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields that do not hold what they must.
    #[error("invalid fields: {0:?}")]
    Invalid(Invalid),
    /// The ticket of endpoint 5 or 6 is missing, malformed, unknown or another's (contract: `Invalid Input`).
    #[error("invalid ticket: {0:?}")]
    InvalidTicket(Invalid),
    /// An operator's input that cannot be; the sentence says what is wrong with it and the way out.
    #[error("{0}")]
    Misuse(String),
    /// There is no such thing for this caller.
    #[error("not found")]
    NotFound,
    /// The caller's role does not allow it.
    #[error("forbidden")]
    Forbidden,
    /// The caller could not be identified.
    #[error("unauthenticated: {0:?}")]
    Unauthenticated(AuthFailure),
    /// It clashes with what is already there.
    #[error(transparent)]
    Conflict(Conflict),
    /// What was to be changed is not any more what the caller had seen (RFC 9110, `If-Match`).
    #[error("changed since")]
    ChangedSince,
    /// The requester has as many open tickets as the workspace allows.
    #[error("open ticket limit reached")]
    LimitReached,
    /// More bytes than are accepted.
    #[error("too large")]
    TooLarge,
    /// Too many requests of one kind; the next is welcome after the given time.
    #[error("throttled for {retry_after:?}")]
    Throttled { retry_after: Duration },
    /// Nothing is wrong with the request, but the server cannot do it now.
    #[error("busy, retry after {retry_after:?}")]
    Busy { retry_after: Duration },
    /// A fault of ours.
    #[error("internal error")]
    Internal {
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
}

impl Error {
    /// Wraps a fault of ours, its source kept for the log.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal { source: source.into() }
    }

    /// One field that does not hold what it must.
    #[must_use]
    pub fn invalid(field: &'static str, problem: Problem) -> Self {
        Self::Invalid(Invalid::one(field, problem))
    }
}

/// Why a caller could not be identified (contract, "Who is calling").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthFailure {
    /// No apikey, or no bearer token.
    Missing,
    /// An apikey that is unknown or revoked.
    WrongApikey,
    /// An `Authorization` header that is not two words.
    MalformedHeader,
    /// A token that is malformed, expired, revoked, of another kind or of another workspace.
    InvalidToken,
    /// An unknown user or a wrong password; nobody learns which.
    WrongCredentials,
    /// The right password of a deactivated account.
    InactiveAccount,
}

/// What a request clashes with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The `Idempotency-Key` was used before with another body.
    #[error("the idempotency key was used with another request")]
    KeyReused,
    /// The first request with this `Idempotency-Key` has not been answered yet.
    #[error("the first request with this idempotency key has not been answered yet")]
    KeyInFlight,
    /// The ticket was merged into this one, and lives on there.
    #[error("the ticket was merged into ticket {0}")]
    Merged(super::TicketId),
    /// A name that must be unique is taken; the text names what and which.
    #[error("{0}")]
    Taken(String),
    /// Nobody else could run the workspace.
    #[error("this is the last active admin")]
    LastAdmin,
    /// There are as many as there may be.
    #[error("there are {0} already")]
    Full(usize),
}

/// The fields that failed, in the order in which they were found, each with all its problems.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invalid(Vec<(&'static str, Vec<Problem>)>);

impl Invalid {
    /// One field with one problem.
    #[must_use]
    pub fn one(field: &'static str, problem: Problem) -> Self {
        Self::of(field, vec![problem])
    }

    /// One field with its problems.
    #[must_use]
    pub fn of(field: &'static str, problems: Vec<Problem>) -> Self {
        Self(vec![(field, problems)])
    }

    /// Notes the problems of other fields too.
    pub fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// Takes the value out of `checked`, or notes its problems under `field`.
    pub fn take<T>(&mut self, field: &'static str, checked: Checked<T>) -> Option<T> {
        match checked {
            Ok(value) => Some(value),
            Err(problems) => {
                self.0.push((field, problems));
                None
            }
        }
    }

    /// Notes one problem of `field`.
    pub fn note(&mut self, field: &'static str, problem: Problem) {
        self.0.push((field, vec![problem]));
    }

    /// Whether no field failed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The failed fields and their problems.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &[Problem])> {
        self.0.iter().map(|(field, problems)| (*field, problems.as_slice()))
    }
}

/// A field's value, or all that is wrong with it.
pub type Checked<T> = Result<T, Vec<Problem>>;

/// What is wrong with one field. The words stand in `http/problems.rs`, where the reference's spelling is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    Required,
    Null,
    Blank,
    NotAString,
    NullCharacter,
    /// A lone surrogate, by its code point.
    Surrogate(u16),
    /// More characters (code points) than this.
    TooLong(usize),
    /// The value, echoed, is none of the choices.
    NotAChoice(String),
    /// An id of this Python type, not a number.
    WrongPkType(&'static str),
    /// A number, echoed, that names nothing.
    UnknownPk(String),
    EmptyList,
    /// A value of this Python type where a list belongs.
    NotAList(&'static str),
    /// More items than this.
    TooManyItems(usize),
    EmptyFile,
    NotAFile,
    FileTooBig,
    NotAnInteger,
    /// Below this smallest value.
    TooSmall(i64),
    InvalidCursor,
    /// A filter that is not numeric.
    NotNumeric,
    /// A hand-checked id that is absent or blank.
    IdRequired,
    /// A hand-checked id that is malformed or names nothing.
    IdNotValid,
    NotTheOwner,
    /// The ticket is not the caller's, or staff locked it.
    CannotChangeStatus,
    /// The ticket has this status already.
    Already(Status),
    /// The ticket holds as much as it may.
    TicketFull,
    /// Characters outside printable ASCII.
    NotPrintable,
    /// What the sentence says, for fields of the desk.
    Other(String),
}
