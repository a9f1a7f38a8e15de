//! Deleting bytes that no attachment names, while requests on any server store bytes and name them.
//!
//! Bytes are in a store that knows no transactions, so the database says what may happen to them. A row of
//! `blob_deletion` says that the sweeper deletes some bytes (`done` is false) or has deleted them (true).
//!
//! | the upload | the sweeper |
//! |---|---|
//! | U1 [`earlier`]: under way, it gives up; done, it remembers which | S1 [`begin`]: keeps others from writing attachments, sees that none names the bytes, writes the row |
//! | U2 stores the bytes, or finds them stored | S2 deletes the bytes |
//! | U3 [`forget`]: removes the row that U1 saw, if it is the same still | S3 [`finish`]: marks the row done |
//! | U4 [`attach`]: names the bytes, then gives up if there is a row | S4 [`forget_old`]: removes rows a day later |
//!
//! Giving up is a 503, nothing is written, and the client tries again. Each step but U2 and S2 is a transaction, or part
//! of one.
//!
//! **Bytes that are named are there.** U4 and S1 exclude each other: if U4 comes first, S1 sees the attachment and lets
//! the bytes be; if S1 does, U4 sees the row, unless it was removed. While there is a row, no attachment comes to name
//! the bytes. So what is left is that when a row is removed, the bytes are either stored or will be stored again before
//! they are named:
//! - U3 removes a row that was done before U2. What S2 deleted, it deleted before U2 stored the bytes; a later deletion
//!   of the same bytes has another `at`, and U3 leaves it alone. Other uploads that find no row from then on find the
//!   bytes, whatever becomes of this one: that is why U3 comes after U2 and not with U1.
//! - S4 removes a row that is a day old. An upload that had stored its bytes before S2 would have to be a day on its
//!   way to U4; requests last minutes.
//!
//! That U2 was told "stored already" by bytes that S2 then deleted changes nothing: S1 was before S2, so U4 sees the row.
//!
//! **Bytes that nobody names go.** A sweep that ended in the middle leaves rows that are not done. The next one that
//! finds them [`LEFT_BEHIND_AFTER`] later begins them anew ([`take_over`]) and deletes the bytes again, needed by nobody
//! since S1. It gives the row a new `at`, so that a sweeper that was only slow cannot mark it done meanwhile. A crash
//! after S1 or S2 thus keeps these bytes, and no others, from being stored for some minutes; after S3, for no time. An
//! upload that crashes after U2 leaves bytes that are swept when they are old.
//!
//! **What it rests on**: a request to the store to delete takes effect within [`LEFT_BEHIND_AFTER`] of S1 or not at all,
//! even if its sender was told nothing. The sweeper sends it at once, gives it seconds, and counts it as done only when
//! the store said so.

use std::time::Duration;

use crate::domain::attachment::{ContentHash, StoredFile};
use crate::domain::{ConversationId, Error, TicketId, Timestamp, WorkspaceId};
use crate::storage::queries::{attachments, blob_deletions};
use crate::storage::{RETRY_AFTER, Table, Tx};

pub use crate::storage::queries::blob_deletions::BlobDeletion;

/// How long a deletion may be under way before whoever began it is taken to have died.
pub const LEFT_BEHIND_AFTER: Duration = Duration::from_mins(5);

/// How long a deletion is remembered that is done: far longer than any request lasts.
pub const REMEMBERED_FOR: Duration = Duration::from_hours(24);

/// Deletions of these bytes that are done (U1). To be given to [`forget`] when the bytes are stored.
///
/// # Errors
/// [`Error::Busy`] while any of the bytes are being deleted.
pub fn earlier(tx: &mut dyn Tx, workspace: WorkspaceId, hashes: &[ContentHash]) -> Result<Vec<BlobDeletion>, Error> {
    let mut earlier = Vec::new();
    for hash in hashes {
        match blob_deletions::find(tx, workspace, hash)? {
            None => {}
            Some((deletion, true)) => earlier.push(deletion),
            Some((_, false)) => return Err(Error::Busy { retry_after: RETRY_AFTER }),
        }
    }
    Ok(earlier)
}

/// Removes what [`earlier`] found (U3), once the bytes are stored.
///
/// # Errors
/// When the database fails.
pub fn forget(tx: &mut dyn Tx, earlier: &[BlobDeletion]) -> Result<(), Error> {
    for deletion in earlier {
        blob_deletions::forget(tx, deletion)?;
    }
    Ok(())
}

/// Attaches files whose bytes are stored to a ticket, or to one of its conversations (U4).
///
/// # Errors
/// [`Error::Busy`] when bytes were deleted since they were stored.
pub fn attach(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    ticket: TicketId,
    conversation: Option<ConversationId>,
    files: &[StoredFile],
    at: Timestamp,
) -> Result<(), Error> {
    for file in files {
        attachments::insert(tx, workspace, ticket, conversation, file, at)?;
    }
    // Only now: from the first insert on, no deletion begins.
    for file in files {
        if blob_deletions::find(tx, workspace, &file.hash)?.is_some() {
            return Err(Error::Busy { retry_after: RETRY_AFTER });
        }
    }
    Ok(())
}

/// Begins to delete those of the bytes that no attachment names (S1). Delete what it gives, once this has committed.
/// Bytes of a workspace that is not there are let be: they are somebody else's.
///
/// # Errors
/// When the database fails.
pub fn begin(
    tx: &mut dyn Tx,
    orphans: &[(WorkspaceId, ContentHash)],
    at: Timestamp,
) -> Result<Vec<BlobDeletion>, Error> {
    tx.exclude_writers(Table::Attachment)?;
    let mut begun = Vec::new();
    for (workspace, hash) in orphans {
        if !attachments::is_referenced(tx, *workspace, hash)? {
            begun.extend(blob_deletions::begin(tx, *workspace, hash, at)?);
        }
    }
    Ok(begun)
}

/// Begins anew what earlier sweeps left behind.
///
/// # Errors
/// When the database fails.
pub fn take_over(tx: &mut dyn Tx, at: Timestamp) -> Result<Vec<BlobDeletion>, Error> {
    Ok(blob_deletions::take_over(tx, at.minus(LEFT_BEHIND_AFTER), at)?)
}

/// Notes that bytes are deleted (S3).
///
/// # Errors
/// When the database fails.
pub fn finish(tx: &mut dyn Tx, deleted: &[BlobDeletion]) -> Result<(), Error> {
    for deletion in deleted {
        blob_deletions::finish(tx, deletion)?;
    }
    Ok(())
}

/// Removes some of the rows that have served their time (S4); gives how many.
///
/// # Errors
/// When the database fails.
pub fn forget_old(tx: &mut dyn Tx, at: Timestamp) -> Result<u64, Error> {
    Ok(blob_deletions::sweep(tx, at.minus(REMEMBERED_FOR), super::sweep::ROWS_A_STEP)?)
}
