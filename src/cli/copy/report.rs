//! What a copy came to.

use serde_json::{Value, json};

use super::super::output;
use super::files::Stored;
use crate::storage::copy::{Checksum, State, TABLES};

/// Problems that a table is followed by; the others are counted.
const PROBLEMS_SHOWN: usize = 20;

#[derive(Default)]
pub struct Report {
    pub source: Option<State>,
    pub destination: Option<State>,
    /// Of source and destination.
    pub files: (Stored, Stored),
    /// Files that this run has copied.
    pub copied: u64,
    /// Whether an earlier run had begun.
    pub resumed: bool,
    pub secret: &'static str,
    pub seconds: f64,
    /// What else is wrong.
    pub problems: Vec<String>,
}

impl Report {
    /// Whether all that was compared is the same, and nothing else is wrong.
    pub fn is_equal(&self) -> bool {
        self.problems.is_empty() && self.rows().all(|(_, one, other)| one == other) && self.files_are_equal()
    }

    /// What to look at first.
    pub fn first_problem(&self) -> String {
        if let Some(problem) = self.problems.first() {
            let more = self.problems.len() - 1;
            return if more == 0 { problem.clone() } else { format!("{problem} (and {more} more problems)") };
        }
        let table = self.rows().find(|(_, one, other)| one != other);
        table.map_or_else(|| "the files differ".to_owned(), |(name, ..)| format!("the table {name} differs"))
    }

    fn files_are_equal(&self) -> bool {
        let (one, other) = &self.files;
        one.problems.is_empty() && (one.files, one.bytes) == (other.files, other.bytes)
    }

    fn rows(&self) -> impl Iterator<Item = (&'static str, &Checksum, &Checksum)> {
        let both = self.source.iter().zip(&self.destination);
        both.flat_map(|(one, other)| one.checksums.iter().zip(&other.checksums))
            .zip(TABLES.iter())
            .map(|((one, other), table)| (table.name, one, other))
    }

    pub fn print(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json { output::line(self.json()) } else { self.table() }
    }

    fn json(&self) -> Value {
        let side = |sum: &Checksum| json!({ "rows": sum.rows, "bytes": sum.bytes, "checksum": sum.to_string() });
        let table = |(name, one, other): (&str, &Checksum, &Checksum)| json!({ "table": name, "source": side(one), "destination": side(other), "equal": one == other });
        let files = |stored: &Stored| json!({ "files": stored.files, "bytes": stored.bytes });
        json!({
            "equal": self.is_equal(),
            "resumed": self.resumed,
            "seconds": self.seconds,
            "secret": self.secret,
            "tables": self.rows().map(table).collect::<Vec<_>>(),
            "files": {
                "source": files(&self.files.0),
                "destination": files(&self.files.1),
                "copied": self.copied,
                "equal": self.files_are_equal(),
            },
            "problems": self.problems,
        })
    }

    fn table(&self) -> anyhow::Result<()> {
        let columns = ["Table", "Rows", "Checksum", "Rows there", "Checksum there", "Equal"];
        let mut rows: Vec<Vec<Value>> = self
            .rows()
            .map(|(name, one, other)| {
                let sums = (one.to_string(), other.to_string());
                vec![json!(name), json!(one.rows), json!(sums.0), json!(other.rows), json!(sums.1), json!(one == other)]
            })
            .collect();
        let (one, other) = &self.files;
        let bytes = |stored: &Stored| json!(format!("{} bytes", stored.bytes));
        let equal = json!(self.files_are_equal());
        rows.push(vec![json!("(files)"), json!(one.files), bytes(one), json!(other.files), bytes(other), equal]);
        output::list(false, &columns, &rows)?;
        for problem in self.problems.iter().take(PROBLEMS_SHOWN) {
            output::line(format!("- {problem}"))?;
        }
        if self.is_equal() {
            output::line(format!("Source and destination are equal; the secret is {}.", self.secret))?;
        }
        Ok(())
    }
}
