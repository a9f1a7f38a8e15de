//! What the staff change of the workspace itself. Each change is recorded in the audit log by the transaction that makes
//! it.
//!
//! A change takes what has to hold of the thing before it is changed: `unchanged` is called with the thing as it is, which
//! then stays so until the transaction ends.

pub mod apikeys;
pub mod audit_log;
pub mod canned_replies;
pub mod categories;
pub mod identity_providers;
pub mod own_account;
pub mod parts;
pub mod requesters;
pub mod saved_views;
pub mod staff;
pub mod tags;
pub mod teams;
pub mod workspace;

use crate::app::manage;
use crate::domain::user::Person;
use crate::domain::{Conflict, Error, Problem};

/// Whether a thing is still what its changer has seen; an [`Error::ChangedSince`] if not.
pub type Unchanged<'a, T> = &'a dyn Fn(&T) -> Result<(), Error>;

/// The longest name, in characters.
pub const NAME_MAX_CHARS: usize = 200;

/// The longest address of any kind, in characters.
pub const URL_MAX_CHARS: usize = 2000;

/// The longest text of many lines, a description or a canned reply, in characters.
pub const LONG_TEXT_MAX_CHARS: usize = 20_000;

/// Canned replies or views that one owner has at the most: they come all at once.
const OWNED_MAX: usize = 500;

/// The name in `field`, by the rules of all names.
fn named(field: &'static str, what: &'static str, given: &str) -> Result<String, Error> {
    in_field(field, manage::named(what, given))
}

/// What an operator is told in a sentence, the staff are told of a field.
fn in_field<T>(field: &'static str, outcome: Result<T, Error>) -> Result<T, Error> {
    outcome.map_err(|error| match error {
        Error::Misuse(sentence) => refused(field, &sentence),
        other => other,
    })
}

/// The refusal of a field's value, as a sentence.
fn refused(field: &'static str, problem: &str) -> Error {
    let mut letters = problem.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    Error::invalid(field, Problem::Other(format!("{}{}.", first.collect::<String>(), letters.as_str())))
}

/// Goes on if an owner may have one more.
fn check_room(owned: usize) -> Result<(), Error> {
    if owned < OWNED_MAX { Ok(()) } else { Err(Error::Conflict(Conflict::Full(OWNED_MAX))) }
}

/// The name of a person, which they need not have.
fn name_of_person(given: &str) -> Result<String, Error> {
    if given.is_empty() { Ok(String::new()) } else { named("name", "name", given) }
}

/// What the audit log tells of a user.
fn told_of(person: &Person) -> serde_json::Value {
    serde_json::json!({
        "email": person.email,
        "name": person.name,
        "role": person.role.as_str(),
        "active": person.active,
        "shortcuts": person.shortcuts,
    })
}
