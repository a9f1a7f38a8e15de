//! Who changed what of a workspace: written, never changed.

use super::{Param, StorageError, Tx, collect, statements};
use crate::domain::audit::Entry;
use crate::domain::{AuditId, Timestamp, UserId, WorkspaceId};

statements! {
    APPEND = "INSERT INTO audit (workspace_id, actor_id, at, kind, subject_id, before, after) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    PAGE = "SELECT id, actor_id, at, kind, subject_id, before, after FROM audit
              WHERE workspace_id = $1 AND id < $2 AND actor_id = COALESCE($3, actor_id)
              AND COALESCE($4, ',' || kind || ',') LIKE '%,' || kind || ',%' AND subject_id = COALESCE($5, subject_id)
              AND at >= $6 AND at < $7 ORDER BY id DESC LIMIT $8";
}

/// An entry as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEntry {
    pub id: AuditId,
    pub actor: UserId,
    pub at: Timestamp,
    pub kind: String,
    pub subject: i64,
    /// JSON, or `None` if nothing was so before.
    pub before: Option<String>,
    /// JSON, or `None` if nothing is so now.
    pub after: Option<String>,
}

/// Which entries are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub actor: Option<UserId>,
    /// Any of these; `None` for all.
    pub kinds: Option<Vec<String>>,
    /// The id of what it was done to.
    pub subject: Option<i64>,
    /// Not before.
    pub from: Option<Timestamp>,
    pub before: Option<Timestamp>,
}

/// Records a change.
pub fn append(tx: &mut dyn Tx, entry: &Entry) -> Result<(), StorageError> {
    let before = entry.before.as_ref().map(ToString::to_string);
    let after = entry.after.as_ref().map(ToString::to_string);
    let params = [
        Param::Int(entry.workspace.0),
        Param::Int(entry.actor.0),
        Param::Int(entry.at.0),
        Param::Text(entry.kind),
        Param::Int(entry.subject),
        Param::opt_text(before.as_deref()),
        Param::opt_text(after.as_deref()),
    ];
    tx.execute_later(APPEND, &params)
}

/// Up to `limit` entries older than `older_than`, the newest first.
pub fn page(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    filter: &AuditFilter,
    older_than: AuditId,
    limit: i64,
) -> Result<Vec<RecordedEntry>, StorageError> {
    // No kind has a comma in it, so that each is found whole.
    let kinds = filter.kinds.as_ref().map(|kinds| format!(",{},", kinds.join(",")));
    let params = [
        Param::Int(workspace.0),
        Param::Int(older_than.0),
        Param::opt_int(filter.actor.map(|actor| actor.0)),
        Param::opt_text(kinds.as_deref()),
        Param::opt_int(filter.subject),
        Param::Int(filter.from.map_or(i64::MIN, |from| from.0)),
        Param::Int(filter.before.map_or(i64::MAX, |before| before.0)),
        Param::Int(limit),
    ];
    collect(tx, PAGE, &params, |row| {
        Ok(RecordedEntry {
            id: AuditId(row.int(0)?),
            actor: UserId(row.int(1)?),
            at: Timestamp(row.int(2)?),
            kind: row.text(3)?.to_owned(),
            subject: row.int(4)?,
            before: row.opt_text(5)?.map(str::to_owned),
            after: row.opt_text(6)?.map(str::to_owned),
        })
    })
}
