//! How commands answer: a table for people, JSON for scripts.

use std::fmt;
use std::io::{ErrorKind, Write as _};

use anyhow::Context as _;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{ContentArrangement, Table};
use serde_json::Value;

use crate::domain::Timestamp;

/// Prints what was added: `json`, or `sentence`.
pub fn added(as_json: bool, json: &Value, sentence: &str) -> anyhow::Result<()> {
    if as_json { line(json) } else { line(sentence) }
}

/// Prints a line. A reader that has gone away has read enough.
pub fn line(text: impl fmt::Display) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write to standard output"),
        _ => Ok(()),
    }
}

/// Prints a list: a JSON array of objects, or a table with these columns.
pub fn list(as_json: bool, columns: &[&str], rows: &[Vec<Value>]) -> anyhow::Result<()> {
    if as_json {
        let objects = rows.iter().map(|row| {
            let members = columns.iter().zip(row).map(|(column, cell)| (key(column), cell.clone()));
            Value::Object(members.collect())
        });
        return line(Value::Array(objects.collect()));
    }
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(columns.iter().copied());
    for row in rows {
        table.add_row(row.iter().map(cell));
    }
    line(table)
}

/// `Open ticket limit` as JSON names it: `open_ticket_limit`.
fn key(column: &str) -> String {
    column.to_lowercase().replace([' ', '-'], "_")
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A moment as RFC 3339 writes it, to the second.
pub fn moment(at: Timestamp) -> Value {
    Value::String(jiff::Timestamp::from_second(at.seconds()).map(|t| t.to_string()).unwrap_or_default())
}
