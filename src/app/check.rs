//! What an operator's check holds against what should be.

use crate::domain::attachment::ContentHash;
use crate::domain::{AttachmentId, Error, Timestamp, UserId, WorkspaceId};
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

/// How many attachments there are.
///
/// # Errors
/// When the database fails.
pub fn count_attachments(tx: &mut dyn Tx) -> Result<u64, Error> {
    Ok(attachments::count(tx)?.unsigned_abs())
}

/// What is stored, to be held against the attachments: 48 bytes for each, so about 50 MB for a million, and twice that
/// while the list grows.
#[derive(Debug, Default)]
pub struct Inventory {
    stored: Vec<Stored>,
    is_sorted: bool,
}

#[derive(Debug)]
struct Stored {
    workspace: WorkspaceId,
    hash: ContentHash,
    size: u32,
    is_young: bool,
    is_needed: bool,
}

/// What the inventory has of an attachment's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// They are there; whether an attachment before this one has the same bytes.
    Whole { seen_before: bool },
    /// They are not there, or not of this length.
    Otherwise,
}

impl Inventory {
    /// Adds bytes that are stored. What was stored after `young_after` may yet be named by an attachment.
    pub fn add(
        &mut self,
        (workspace, hash): (WorkspaceId, ContentHash),
        size: u64,
        stored_at: Timestamp,
        young_after: Timestamp,
    ) {
        // No file is as large as that; one that is, is of another length than any attachment.
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        self.stored.push(Stored { workspace, hash, size, is_young: stored_at > young_after, is_needed: false });
        self.is_sorted = false;
    }

    /// Looks for an attachment's bytes, and notes that they are needed.
    pub fn look_for(&mut self, attachment: &AttachmentBytes) -> Found {
        if !self.is_sorted {
            self.stored.sort_unstable_by_key(|stored| (stored.workspace, stored.hash));
            self.is_sorted = true;
        }
        let wanted = (attachment.workspace, attachment.hash);
        let place = self.stored.binary_search_by_key(&wanted, |stored| (stored.workspace, stored.hash));
        let Some(stored) = place.ok().and_then(|index| self.stored.get_mut(index)) else { return Found::Otherwise };
        let seen_before = std::mem::replace(&mut stored.is_needed, true);
        if i64::from(stored.size) == attachment.size { Found::Whole { seen_before } } else { Found::Otherwise }
    }

    /// How many of the stored bytes no attachment needs, of those that are not young.
    #[must_use]
    pub fn orphans(&self) -> u64 {
        self.stored.iter().filter(|stored| !stored.is_needed && !stored.is_young).count() as u64
    }
}
