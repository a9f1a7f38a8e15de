//! What an installation consists of, table by table.

use std::sync::LazyLock;

use super::table::Kind::{Bool, Bytes, Int, OptInt, OptText, Text};
use super::table::{Table, numbered, table};

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
                ("name", Text),
                ("name_folded", Text),
                ("shortcuts", Bool),
            ],
        ),
        numbered(
            "team",
            1,
            &[("id", Int), ("workspace_id", Int), ("name", Text), ("active", Bool), ("created_at", Int)],
        ),
        table("team_member", 3, &[("workspace_id", Int), ("team_id", Int), ("user_id", Int)]),
        numbered(
            "canned_reply",
            1,
            &[
                ("id", Int),
                ("workspace_id", Int),
                ("owner_id", OptInt),
                ("shortcut", Text),
                ("body", Text),
                ("created_at", Int),
            ],
        ),
        numbered(
            "saved_view",
            1,
            &[
                ("id", Int),
                ("workspace_id", Int),
                ("owner_id", Int),
                ("shared", Bool),
                ("name", Text),
                ("query", Text),
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
        table(
            "console_cookie",
            1,
            &[("token_hash", Bytes), ("workspace_id", Int), ("session_id", Int), ("expires_at", Int)],
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
                ("assignee_id", OptInt),
                ("team_id", OptInt),
                ("snoozed_until", OptInt),
                ("merged_into", OptInt),
            ],
        ),
        table("ticket_tag", 3, &[("workspace_id", Int), ("ticket_id", Int), ("tag_id", Int)]),
        table(
            "draft",
            3,
            &[
                ("workspace_id", Int),
                ("user_id", Int),
                ("ticket_id", Int),
                ("internal", Bool),
                ("body", Text),
                ("updated_at", Int),
            ],
        ),
        table("ticket_seen", 3, &[("workspace_id", Int), ("user_id", Int), ("ticket_id", Int), ("event_id", Int)]),
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
        numbered(
            "audit",
            1,
            &[
                ("id", Int),
                ("workspace_id", Int),
                ("actor_id", Int),
                ("at", Int),
                ("kind", Text),
                ("subject_id", Int),
                ("before", OptText),
                ("after", OptText),
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
pub const NOT_COPIED: [(&str, &str); 8] = [
    ("refinery_schema_history", "says which schema the database itself has"),
    ("installation", "its secret is copied apart; the rest is about the schema"),
    ("revision", "counts changes to this database, and is raised when the copy is done"),
    ("sequence", "SQLite's; the greatest ids are carried over apart"),
    ("recurring_job", "servers put in what is missing"),
    ("presence", "who looks at what right now, which is over when the copy is done"),
    ("blob_deletion", "about bytes where the source has them"),
    ("copy_progress", "about the copy itself"),
];
