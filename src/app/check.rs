//! What an operator's check holds against what should be.

use crate::domain::{AttachmentId, Error, UserId, WorkspaceId};
use crate::storage::Tx;
use crate::storage::queries::attachments::AttachmentBytes;
use crate::storage::queries::{attachments, tickets};

/// Attachments on one page of a check.
const PAGE: i64 = 1000;

/// Users whose count of open tickets is not the number of their open tickets.
///
/// # Errors
/// When the database fails.
pub fn miscounted_users(tx: &mut dyn Tx) -> Result<Vec<(WorkspaceId, UserId)>, Error> {
    Ok(tickets::miscounted(tx)?)
}

/// The attachments after `after`, a page of them; an empty page is the end.
///
/// # Errors
/// When the database fails.
pub fn attachments_after(tx: &mut dyn Tx, after: AttachmentId) -> Result<Vec<AttachmentBytes>, Error> {
    Ok(attachments::page(tx, after, PAGE)?)
}
