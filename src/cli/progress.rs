//! How far a long command is, on a terminal.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressState, ProgressStyle};

use crate::domain::Error;
use crate::storage::copy::{TABLES, Table, count};
use crate::storage::{StorageError, Store};

/// How often it is shown that something goes on of which nobody knows how much there is.
const TICK: Duration = Duration::from_millis(100);

/// That something goes on, and for how long, on a terminal.
pub struct Waiting(ProgressBar);

impl Waiting {
    pub fn new(what: &'static str, as_json: bool) -> Self {
        let bar = if as_json { ProgressBar::hidden() } else { ProgressBar::no_length().with_message(what) };
        bar.set_style(ProgressStyle::with_template("{spinner} {msg}, {elapsed}").expect("the template is right"));
        bar.tick();
        bar.enable_steady_tick(TICK);
        Self(bar)
    }

    pub fn finish(self) {
        self.0.finish_and_clear();
    }
}

const TEMPLATE: &str = "{prefix:9} [{bar:30}] {human_pos} of {human_len} {msg}, {rate}/s, {eta} left";

/// A bar on standard error; nothing where nobody would see it.
#[derive(Clone)]
pub struct Bar {
    bar: ProgressBar,
    bytes: Arc<AtomicU64>,
}

impl Bar {
    /// A bar for what is counted.
    pub fn new(what: &'static str, as_json: bool) -> Self {
        if as_json {
            return Self::hidden();
        }
        // Hidden by itself when standard error is no terminal.
        let bar = ProgressBar::new(0).with_prefix(what);
        let style = ProgressStyle::with_template(TEMPLATE).expect("the template is right").progress_chars("=> ");
        bar.set_style(style.with_key("rate", |state: &ProgressState, to: &mut dyn Write| {
            let _ = write!(to, "{:.0}", state.per_sec());
        }));
        Self { bar, bytes: Arc::default() }
    }

    /// A bar for so many bytes.
    pub fn of_bytes(what: &'static str, as_json: bool, length: u64) -> Self {
        let bar = Self::new(what, as_json);
        bar.bar.set_length(length);
        bar
    }

    pub fn hidden() -> Self {
        Self { bar: ProgressBar::hidden(), bytes: Arc::default() }
    }

    /// Expects all rows of a database.
    pub async fn expect(&self, store: &Store) -> Result<(), Error> {
        self.expect_of(store, |_| true).await
    }

    /// Expects all that people wrote.
    pub async fn expect_texts(&self, store: &Store) -> Result<(), Error> {
        self.expect_of(store, |table| ["ticket", "conversation"].contains(&table.name)).await
    }

    async fn expect_of(&self, store: &Store, which: fn(&&Table) -> bool) -> Result<(), Error> {
        // Counting takes a moment.
        if !self.bar.is_hidden() {
            let rows = store.read(move |tx| {
                let tables = TABLES.iter().filter(which);
                Ok(tables.map(|table| count(tx, table)).sum::<Result<u64, StorageError>>()?)
            });
            self.bar.set_length(rows.await?);
        }
        Ok(())
    }

    pub fn expect_more(&self, count: u64) {
        self.bar.inc_length(count);
    }

    /// So much more is done.
    pub fn moved(&self, of: &str, count: u64, bytes: u64) {
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if !self.bar.is_hidden() {
            let space = if of.is_empty() { "" } else { ", " };
            self.bar.set_message(format!("({}{space}{of})", HumanBytes(bytes)));
        }
        self.bar.inc(count);
    }

    /// So much of so much is done; `of` is 0 where that was told before.
    pub fn has_moved_to(&self, done: u64, of: u64) {
        if of > 0 {
            self.bar.set_length(of);
        }
        self.bar.set_position(done);
    }

    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
