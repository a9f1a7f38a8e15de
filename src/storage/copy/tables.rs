//! What an installation consists of, table by table.

use std::sync::LazyLock;

use self::Kind::{Bool, Bytes, Int, OptInt, OptText, Text};

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

/// The tables, those that others refer to first. `tests/it/cli/copy/tables.rs` holds them against the schemas.
pub static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
    vec![
        numbered(
            "workspace",
            1,
            &[("id", Int), ("name", Text), ("open_ticket_limit", Int), ("reopen_on_reply", Bool), ("created_at", Int)],
        ),
        numbered(
            "application",
            1,
            &[
                ("id", Int),
                ("workspace_id", Int),
                ("name", Text),
                ("key_prefix", Text),
                ("key_hash", Bytes),
                ("created_at", Int),
                ("revoked_at", OptInt),
            ],
        ),
        numbered(
            "app_user",
            1,
            &[
                ("id", Int),
                ("workspace_id", Int),
                ("email", Text),
                ("email_folded", Text),
                ("role", Text),
                ("password_hash", OptText),
                ("idp_issuer", OptText),
                ("idp_subject", OptText),
                ("active", Bool),
                ("open_tickets", Int),
                ("created_at", Int),
            ],
        ),
        numbered(
            "identity_provider",
            1,
            &[
                ("id", Int),
                ("workspace_id", Int),
                ("issuer", Text),
                ("audience", Text),
                ("jwks_url", Text),
                ("algorithms", Text),
                ("created_at", Int),
            ],
        ),
        numbered(
            "session",
            1,
            &[
                ("id", Int),
                ("workspace_id", Int),
                ("user_id", Int),
                ("created_at", Int),
                ("expires_at", Int),
                ("revoked_at", OptInt),
            ],
        ),
        table(
            "refresh_token",
            1,
            &[
                ("token_hash", Bytes),
                ("workspace_id", Int),
                ("session_id", Int),
                ("expires_at", Int),
                ("used_at", OptInt),
            ],
        ),
        numbered(
            "category",
            1,
            &[
                ("id", Int),
                ("workspace_id", Int),
                ("name", Text),
                ("description", Text),
                ("position", Int),
                ("active", Bool),
                ("created_at", Int),
            ],
        ),
        numbered(
            "tag",
            1,
            &[
                ("id", Int),
                ("workspace_id", Int),
                ("tag", Text),
                ("keyword", Text),
                ("active", Bool),
                ("created_at", Int),
            ],
        ),
        // In the order in which SQLite has them on the disk.
        numbered(
            "ticket",
            3,
            &[
                ("workspace_id", Int),
                ("requester_id", Int),
                ("id", Int),
                ("subject", Text),
                ("subject_folded", Text),
                ("priority", Int),
                ("category_id", Int),
                ("status", Int),
                ("locked", Bool),
                ("created_at", Int),
                ("updated_at", Int),
                ("comment", Text),
            ],
        ),
        table("ticket_tag", 3, &[("workspace_id", Int), ("ticket_id", Int), ("tag_id", Int)]),
        numbered(
            "conversation",
            3,
            &[
                ("workspace_id", Int),
                ("ticket_id", Int),
                ("id", Int),
                ("author_id", Int),
                ("internal", Bool),
                ("created_at", Int),
                ("comment", Text),
            ],
        ),
        numbered(
            "attachment",
            1,
            &[
                ("id", Int),
                ("workspace_id", Int),
                ("ticket_id", Int),
                ("conversation_id", OptInt),
                ("content_hash", Bytes),
                ("size", Int),
                ("content_type", Text),
                ("name", Text),
                ("created_at", Int),
            ],
        ),
        numbered(
            "event",
            1,
            &[
                ("id", Int),
                ("workspace_id", Int),
                ("ticket_id", Int),
                ("actor_id", Int),
                ("at", Int),
                ("kind", Text),
                ("before", OptText),
                ("after", Text),
            ],
        ),
        table(
            "idempotency_key",
            3,
            &[
                ("workspace_id", Int),
                ("principal", Text),
                ("key", Text),
                ("fingerprint", Bytes),
                ("created_at", Int),
                ("answer", Bytes),
            ],
        ),
    ]
});

/// The tables that are not copied, each with the reason.
pub const NOT_COPIED: [(&str, &str); 13] = [
    ("refinery_schema_history", "says which schema the database itself has"),
    ("installation", "its secret is copied apart; the rest is about the schema"),
    ("revision", "counts changes to this database, and is raised when the copy is done"),
    ("sequence", "SQLite's; the greatest ids are carried over apart"),
    ("recurring_job", "servers put in what is missing"),
    ("blob_deletion", "about bytes where the source has them"),
    ("copy_progress", "about the copy itself"),
    ("search_index", "made anew from the texts, when the copy is done"),
    ("search_index_data", "part of the index on SQLite"),
    ("search_index_idx", "part of the index on SQLite"),
    ("search_index_docsize", "part of the index on SQLite"),
    ("search_index_config", "part of the index on SQLite"),
    ("search_round", "how far the index is made"),
];

fn numbered(name: &'static str, key: usize, columns: &'static [(&'static str, Kind)]) -> Table {
    Table { is_numbered: true, ..table(name, key, columns) }
}

fn table(name: &'static str, key: usize, columns: &'static [(&'static str, Kind)]) -> Table {
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
