//! A list of the settings.

use askama::filters::Safe;

use super::field::Field;
use crate::domain::Timestamp;
use crate::http::console::texts::text;
use crate::http::console::times;

/// A list.
#[derive(Default)]
pub struct Table {
    /// What its columns are called.
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
    /// What it can be narrowed down by.
    pub filters: Vec<Field>,
    /// Whether it is.
    pub is_narrowed: bool,
    /// Whether something can be added; the use case decides.
    pub may_add: bool,
    /// The query of the next page.
    pub next: Option<String>,
    /// Whether this is not its beginning.
    pub goes_on: bool,
}

impl Table {
    /// A list to which something can be added.
    pub fn new(columns: &[&str], rows: impl IntoIterator<Item = Row>) -> Self {
        let columns = columns.iter().map(|name| text(&format!("label-{name}"))).collect();
        Self { columns, rows: rows.into_iter().collect(), may_add: true, ..Self::default() }
    }
}

/// A line of it.
pub struct Row {
    /// The id of the thing, if it has a page that the reader may open.
    pub id: Option<i64>,
    /// The word for it if it is not in use.
    pub off: Option<String>,
    pub cells: Vec<Cell>,
}

impl Row {
    /// The line of the thing `id`.
    pub fn new(id: i64, cells: Vec<Cell>) -> Self {
        Self { id: Some(id), off: None, cells }
    }

    /// The same, with the text `key` if it is not in use.
    pub fn off_unless(self, is_on: bool, key: &str) -> Self {
        Self { off: (!is_on).then(|| text(key)), ..self }
    }

    /// The same, of what only some may open.
    pub fn open_if(self, may_open: bool) -> Self {
        Self { id: self.id.filter(|_| may_open), ..self }
    }
}

/// What is in one place of it.
pub enum Cell {
    Text(String),
    /// Text that is not ours to shorten: keys, addresses.
    Code(String),
    Time(Safe<String>),
    Changes(Vec<Change>),
}

impl Cell {
    /// A moment.
    pub fn time(at: Timestamp) -> Self {
        Self::Time(times::full(at))
    }

    /// Names, separated by commas.
    pub fn names(names: impl IntoIterator<Item = String>) -> Self {
        Self::Text(names.into_iter().collect::<Vec<_>>().join(", "))
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// What was changed of one thing.
pub struct Change {
    pub label: String,
    pub before: Option<String>,
    pub after: Option<String>,
}
