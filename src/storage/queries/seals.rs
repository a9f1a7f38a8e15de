//! The logs of all workspaces as they were written, and what they came to at times.

use super::{Param, Row, StorageError, Tx, collect, first, only, statements};
use crate::domain::WorkspaceId;

statements! {
    EVENTS_AFTER = "SELECT id, workspace_id, ticket_id, actor_id, at, kind, before, after FROM event
              WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3";
    AUDIT_AFTER = "SELECT id, workspace_id, subject_id, actor_id, at, kind, before, after FROM audit
              WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3";
    LAST_EVENT = "SELECT COALESCE(MAX(id), 0) FROM event";
    LAST_AUDIT = "SELECT COALESCE(MAX(id), 0) FROM audit";
    COUNT_EVENTS = "SELECT COUNT(*) FROM event WHERE id > $1 AND id <= $2";
    COUNT_AUDIT = "SELECT COUNT(*) FROM audit WHERE id > $1 AND id <= $2";
    SEALED_TO = "SELECT COALESCE(MAX(up_to), 0) FROM seal WHERE log = $1";
    LAST_OF_WORKSPACE = "SELECT up_to, workspace_id, entries, hash FROM seal
              WHERE workspace_id = $1 AND log = $2 ORDER BY up_to DESC LIMIT 1";
    AFTER = "SELECT up_to, workspace_id, entries, hash FROM seal WHERE log = $1 AND up_to > $2 AND up_to <= $3 ORDER BY up_to";
    INSERT = "INSERT INTO seal (log, up_to, workspace_id, entries, hash) VALUES ($1, $2, $3, $4, $5)
              ON CONFLICT (log, up_to) DO NOTHING";
}

/// A table that is only ever appended to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Log {
    /// What happened to tickets.
    Event,
    /// What the staff changed of the workspace.
    Audit,
}

impl Log {
    pub const ALL: [Self; 2] = [Self::Event, Self::Audit];

    /// The name that is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Audit => "audit",
        }
    }
}

/// An entry of a log, as it is in the table.
#[derive(Clone, Copy, Debug)]
pub struct LogEntry<'r> {
    pub id: i64,
    pub workspace: WorkspaceId,
    /// What it was done to: a ticket, or a thing of the workspace.
    pub subject: i64,
    pub actor: i64,
    pub at: i64,
    pub kind: &'r str,
    pub before: Option<&'r str>,
    pub after: Option<&'r str>,
}

/// What a workspace's log comes to, up to an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    pub up_to: i64,
    pub workspace: WorkspaceId,
    pub entries: i64,
    pub hash: [u8; 32],
}

/// Hands up to `limit` entries of all workspaces to `each`, those after `after` up to `up_to`, in their order.
pub fn entries_after(
    tx: &mut dyn Tx,
    log: Log,
    (after, up_to): (i64, i64),
    limit: i64,
    each: &mut dyn FnMut(&LogEntry<'_>),
) -> Result<(), StorageError> {
    let sql = match log {
        Log::Event => EVENTS_AFTER,
        Log::Audit => AUDIT_AFTER,
    };
    tx.query(sql, &[Param::Int(after), Param::Int(up_to), Param::Int(limit)], &mut |row| {
        each(&LogEntry {
            id: row.int(0)?,
            workspace: WorkspaceId(row.int(1)?),
            subject: row.int(2)?,
            actor: row.int(3)?,
            at: row.int(4)?,
            kind: row.text(5)?,
            before: row.opt_text(6)?,
            after: row.opt_text(7)?,
        });
        Ok(())
    })
}

/// The greatest id in the log, 0 if it is empty.
pub fn last_entry(tx: &mut dyn Tx, log: Log) -> Result<i64, StorageError> {
    let sql = match log {
        Log::Event => LAST_EVENT,
        Log::Audit => LAST_AUDIT,
    };
    only(tx, sql, &[], |row| row.int(0))
}

/// How many entries are after `after`, up to `up_to`.
pub fn count_entries(tx: &mut dyn Tx, log: Log, after: i64, up_to: i64) -> Result<i64, StorageError> {
    let sql = match log {
        Log::Event => COUNT_EVENTS,
        Log::Audit => COUNT_AUDIT,
    };
    only(tx, sql, &[Param::Int(after), Param::Int(up_to)], |row| row.int(0))
}

/// The last entry that is sealed, of all workspaces; 0 if none is. All before it are sealed too.
pub fn sealed_to(tx: &mut dyn Tx, log: Log) -> Result<i64, StorageError> {
    only(tx, SEALED_TO, &[Param::Text(log.name())], |row| row.int(0))
}

/// The newest seal of a workspace's log.
pub fn last_of_workspace(tx: &mut dyn Tx, log: Log, workspace: WorkspaceId) -> Result<Option<Seal>, StorageError> {
    first(tx, LAST_OF_WORKSPACE, &[Param::Int(workspace.0), Param::Text(log.name())], read)
}

/// The seals of all workspaces after `after`, up to `up_to`, in their order.
pub fn after(tx: &mut dyn Tx, log: Log, after: i64, up_to: i64) -> Result<Vec<Seal>, StorageError> {
    collect(tx, AFTER, &[Param::Text(log.name()), Param::Int(after), Param::Int(up_to)], read)
}

/// Adds a seal. Whoever seals the same comes to the same.
pub fn insert(tx: &mut dyn Tx, log: Log, seal: &Seal) -> Result<(), StorageError> {
    let params = [
        Param::Text(log.name()),
        Param::Int(seal.up_to),
        Param::Int(seal.workspace.0),
        Param::Int(seal.entries),
        Param::Bytes(&seal.hash),
    ];
    tx.execute_later(INSERT, &params)
}

fn read(row: &dyn Row) -> Result<Seal, StorageError> {
    Ok(Seal {
        up_to: row.int(0)?,
        workspace: WorkspaceId(row.int(1)?),
        entries: row.int(2)?,
        hash: row.bytes(3)?.try_into().map_err(|_| super::unexpected(3, "a hash has 32 bytes"))?,
    })
}
