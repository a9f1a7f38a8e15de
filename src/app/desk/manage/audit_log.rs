//! Admins read who changed what of the workspace.

use crate::app::desk::rights::{Right, demand};
use crate::domain::user::Requester;
use crate::domain::{AuditId, Error};
use crate::storage::Tx;
use crate::storage::queries::audit::{self, AuditFilter, RecordedEntry};

/// What can be in the log: kinds of things, and what is done to them.
pub const KINDS: [(&str, &[&str]); 10] = [
    ("user", &["added", "changed", "password_changed"]),
    ("team", &["added", "changed"]),
    ("requester", &["added", "changed"]),
    ("category", &["added", "changed"]),
    ("tag", &["added", "changed"]),
    ("canned_reply", &["added", "changed", "removed"]),
    ("view", &["added", "changed", "removed"]),
    ("apikey", &["added", "revoked"]),
    ("identity_provider", &["added", "changed", "removed"]),
    ("workspace", &["changed"]),
];

/// Entries on a page that does not say how many.
pub const DEFAULT_LIMIT: i64 = 50;

/// Entries on a page at the most.
pub const MAX_LIMIT: i64 = 200;

/// A page of the audit log.
#[derive(Clone, Debug)]
pub struct AuditPage {
    pub entries: Vec<RecordedEntry>,
    /// The entry to go on after, if there are more.
    pub next: Option<AuditId>,
}

/// The entries that `filter` lets through, the newest first, after the entry `after`.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn read(
    tx: &mut dyn Tx,
    staff: &Requester,
    filter: &AuditFilter,
    after: Option<AuditId>,
    limit: i64,
) -> Result<AuditPage, Error> {
    demand(staff, Right::ReadAudit)?;
    let limit = limit.clamp(1, MAX_LIMIT);
    let older_than = after.unwrap_or(AuditId(i64::MAX));
    // One more than is shown tells whether there are more.
    let mut entries = audit::page(tx, staff.workspace, filter, older_than, limit + 1)?;
    let shown = usize::try_from(limit).unwrap_or_default();
    let more = entries.len() > shown;
    entries.truncate(shown);
    let next = entries.last().filter(|_| more).map(|entry| entry.id);
    Ok(AuditPage { entries, next })
}
