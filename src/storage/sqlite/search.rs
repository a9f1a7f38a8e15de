//! Full-text search as SQLite has it: FTS5.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::domain::search::Wanted;
use crate::storage::StorageError;

const INDEX: &str = "INSERT INTO search_index (rowid, words) VALUES ($1, $2)";
const FORGET: &str = "DELETE FROM search_index WHERE rowid = $1";
const FIND: &str = "SELECT rowid FROM search_index WHERE search_index MATCH $1 ORDER BY rowid DESC LIMIT $2";

/// What is to become of a text.
#[derive(Clone, Debug)]
struct Change {
    /// By what to find it; `None` is by nothing.
    terms: Option<String>,
    /// Whether it may be in the index already.
    is_known: bool,
}

/// Changes that the open transaction has yet to make to the index.
///
/// FTS5 collects what it is given until the commit, and until the next savepoint: in a savepoint for each closure, it would
/// write a segment for each, and merge them all again. So texts wait for the end of the batch, and go in together and in
/// order, which is several times quicker.
#[derive(Default)]
pub struct Waiting {
    /// Of closures that are done.
    kept: BTreeMap<i64, Change>,
    /// Of the closure that runs.
    of_closure: BTreeMap<i64, Change>,
}

impl Waiting {
    pub fn index(&mut self, number: i64, terms: &str) {
        self.set(number, Some(terms.to_owned()), false);
    }

    pub fn forget(&mut self, number: i64) {
        self.set(number, None, true);
    }

    fn set(&mut self, number: i64, terms: Option<String>, is_known: bool) {
        let before = self.of_closure.get(&number).or_else(|| self.kept.get(&number));
        let is_known = is_known || before.is_some_and(|before| before.is_known);
        self.of_closure.insert(number, Change { terms, is_known });
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.of_closure.is_empty()
    }

    /// Takes over what the closure has changed, or drops it.
    pub fn end_closure(&mut self, keep: bool) {
        let of_closure = std::mem::take(&mut self.of_closure);
        if keep {
            self.kept.extend(of_closure);
        }
    }

    /// Makes the changes, so that a closure that searches finds what was written before. They are made again in the end,
    /// because the closure may yet fail, and take with it what it did here.
    pub fn show(&mut self, connection: &Connection) -> Result<(), StorageError> {
        let mut all = self.kept.clone();
        all.extend(self.of_closure.clone());
        make(connection, &all)?;
        for change in self.kept.values_mut().chain(self.of_closure.values_mut()) {
            change.is_known = true;
        }
        Ok(())
    }

    /// Makes the changes of all closures that are done, right before the commit.
    pub fn finish(&mut self, connection: &Connection) -> Result<(), StorageError> {
        make(connection, &std::mem::take(&mut self.kept))
    }
}

fn make(connection: &Connection, changes: &BTreeMap<i64, Change>) -> Result<(), StorageError> {
    if changes.is_empty() {
        return Ok(());
    }
    let mut forget = connection.prepare_cached(FORGET)?;
    let mut index = connection.prepare_cached(INDEX)?;
    for (number, change) in changes {
        if change.is_known {
            forget.execute([number])?;
        }
        if let Some(terms) = &change.terms {
            index.execute((number, terms))?;
        }
    }
    Ok(())
}

/// See `Tx::find_texts`.
pub fn find(
    connection: &Connection,
    places: &[String],
    wanted: &[&Wanted],
    limit: usize,
) -> Result<Vec<i64>, StorageError> {
    let mut statement = connection.prepare_cached(FIND)?;
    let mut found = Vec::new();
    for place in places {
        if found.len() == limit {
            break;
        }
        let more = i64::try_from(limit - found.len()).unwrap_or(i64::MAX);
        // Letters and digits need no escape between quotes.
        let term =
            |wanted: &&Wanted| format!("\"{place}{}\"{}", wanted.folded, if wanted.is_prefix { "*" } else { "" });
        let query = wanted.iter().map(term).collect::<Vec<_>>().join(" AND ");
        let numbers = statement.query_map((query, more), |row| row.get(0))?;
        for number in numbers {
            found.push(number?);
        }
    }
    Ok(found)
}
