//! A table that is copied, and the statements that do it.

/// What a column holds, on every engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Int,
    OptInt,
    Bool,
    Text,
    OptText,
    Bytes,
}

/// Rows that one statement inserts: most of what a statement costs is not its rows.
pub const ROWS_TOGETHER: usize = 25;

/// A table that is copied, and the statements that do it.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    /// The columns that rows are told apart by and copied in the order of: the first ones.
    pub key: usize,
    /// All its columns.
    pub columns: &'static [(&'static str, Kind)],
    /// Whether ids are given to its rows one after the other, never twice.
    pub is_numbered: bool,
    pub(super) all: String,
    pub(super) first_page: String,
    pub(super) next_page: String,
    pub(super) insert: String,
    /// The same for [`ROWS_TOGETHER`] rows.
    pub(super) insert_together: String,
    pub(super) count: String,
    pub(super) greatest_id: String,
}

/// A table whose ids are given one after the other.
pub(super) fn numbered(name: &'static str, key: usize, columns: &'static [(&'static str, Kind)]) -> Table {
    Table { is_numbered: true, ..table(name, key, columns) }
}

/// A table, of which the first `key` columns tell its rows apart.
pub(super) fn table(name: &'static str, key: usize, columns: &'static [(&'static str, Kind)]) -> Table {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let list = names.join(", ");
    let order = names[..key].join(", ");
    let numbers = |first: usize, count: usize| {
        (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
    };
    let rows = |count: usize| {
        let row = |number: usize| format!("({})", numbers(number * columns.len() + 1, columns.len()));
        (0..count).map(row).collect::<Vec<_>>().join(", ")
    };
    Table {
        name,
        key,
        columns,
        is_numbered: false,
        all: format!("SELECT {list} FROM {name}"),
        first_page: format!("SELECT {list} FROM {name} ORDER BY {order} LIMIT $1"),
        next_page: format!(
            "SELECT {list} FROM {name} WHERE ({order}) > ({}) ORDER BY {order} LIMIT ${}",
            numbers(1, key),
            key + 1
        ),
        insert: format!("INSERT INTO {name} ({list}) VALUES {}", rows(1)),
        insert_together: format!("INSERT INTO {name} ({list}) VALUES {}", rows(ROWS_TOGETHER)),
        count: format!("SELECT COUNT(*) FROM {name}"),
        greatest_id: format!("SELECT COALESCE(MAX(id), 0) FROM {name}"),
    }
}

impl Table {
    /// Its statements, so that a test can prepare each on every engine.
    #[must_use]
    pub fn statements(&self) -> Vec<&str> {
        let ids = self.is_numbered.then_some(&*self.greatest_id);
        let always = [&self.all, &self.first_page, &self.next_page, &self.insert, &self.insert_together, &self.count];
        always.into_iter().map(String::as_str).chain(ids).collect()
    }
}
