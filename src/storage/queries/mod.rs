//! The SQL, by area. One text for every engine; `workspace_id` in every WHERE, but where the row is what tells it.

#![allow(clippy::missing_errors_doc, reason = "a query fails when the database does, and in no other way")]

pub mod applications;
pub mod attachments;
pub mod audit;
pub mod blob_deletions;
pub mod browser_cookies;
pub mod canned_replies;
pub mod catalogue;
pub mod conversations;
pub mod desk_tickets;
pub mod events;
pub mod idempotency;
pub mod identity_providers;
pub mod installation;
pub mod people;
pub mod recurring_jobs;
pub mod saved_views;
pub mod seals;
pub mod search;
pub mod sessions;
pub mod sign_in_attempts;
pub mod teams;
pub mod tickets;
pub mod users;
pub mod workplace;
pub mod workspaces;

use super::{Param, Row, StorageError, Tx};

/// Names the statements of an area, and lists them so that a test can prepare each on every engine.
macro_rules! statements {
    ($($name:ident = $sql:expr;)+) => {
        $(const $name: &str = $sql;)+

        /// This area's statements, by name.
        pub const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}
use statements;

/// Every statement of every area, as (area, name, SQL).
pub fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    [
        ("applications", applications::STATEMENTS),
        ("attachments", attachments::STATEMENTS),
        ("audit", audit::STATEMENTS),
        ("blob_deletions", blob_deletions::STATEMENTS),
        ("browser_cookies", browser_cookies::STATEMENTS),
        ("canned_replies", canned_replies::STATEMENTS),
        ("catalogue", catalogue::STATEMENTS),
        ("conversations", conversations::STATEMENTS),
        ("desk_tickets", desk_tickets::STATEMENTS),
        ("events", events::STATEMENTS),
        ("idempotency", idempotency::STATEMENTS),
        ("identity_providers", identity_providers::STATEMENTS),
        ("installation", installation::STATEMENTS),
        ("people", people::STATEMENTS),
        ("recurring_jobs", recurring_jobs::STATEMENTS),
        ("saved_views", saved_views::STATEMENTS),
        ("seals", seals::STATEMENTS),
        ("search", search::STATEMENTS),
        ("sessions", sessions::STATEMENTS),
        ("sign_in_attempts", sign_in_attempts::STATEMENTS),
        ("teams", teams::STATEMENTS),
        ("tickets", tickets::STATEMENTS),
        ("users", users::STATEMENTS),
        ("workplace", workplace::STATEMENTS),
        ("workspaces", workspaces::STATEMENTS),
    ]
    .into_iter()
    .flat_map(|(area, statements)| statements.iter().map(move |&(name, sql)| (area, name, sql)))
}

/// The first row of an answer, as `read` sees it.
fn first<T>(
    tx: &mut dyn Tx,
    sql: &'static str,
    params: &[Param<'_>],
    read: impl Fn(&dyn Row) -> Result<T, StorageError>,
) -> Result<Option<T>, StorageError> {
    let mut found = None;
    tx.query(sql, params, &mut |row| {
        if found.is_none() {
            found = Some(read(row)?);
        }
        Ok(())
    })?;
    Ok(found)
}

/// All rows of an answer, as `read` sees them.
fn collect<T>(
    tx: &mut dyn Tx,
    sql: &'static str,
    params: &[Param<'_>],
    read: impl Fn(&dyn Row) -> Result<T, StorageError>,
) -> Result<Vec<T>, StorageError> {
    let mut found = Vec::new();
    tx.query(sql, params, &mut |row| {
        found.push(read(row)?);
        Ok(())
    })?;
    Ok(found)
}

/// The only row of an answer that always has one.
fn only<T>(
    tx: &mut dyn Tx,
    sql: &'static str,
    params: &[Param<'_>],
    read: impl Fn(&dyn Row) -> Result<T, StorageError>,
) -> Result<T, StorageError> {
    first(tx, sql, params, read)?.ok_or_else(|| StorageError::Schema("a statement gave no row".to_owned()))
}

/// A value that this version does not know.
fn unexpected(column: usize, problem: impl Into<String>) -> StorageError {
    StorageError::Unexpected { column, problem: problem.into() }
}
