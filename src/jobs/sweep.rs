//! Sweeps out what has served its time: kept answers, ended sessions, bytes that no attachment needs.

use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::blob_owner;
use crate::app::blob_deletion::{self, BlobDeletion};
use crate::app::sweep::{ROWS_A_STEP, forget_ended_sessions, forget_old_answers, forget_old_attempts, unnamed};
use crate::blobs::Blobs;
use crate::domain::attachment::ContentHash;
use crate::domain::{Error, Timestamp, WorkspaceId};
use crate::storage::{Store, Tx};

/// How long bytes may be without an attachment: far longer than any request that stores them takes.
pub const ORPHANS_KEPT_FOR: Duration = Duration::from_hours(1);

/// Orphans that one transaction begins to delete: those who write attachments wait for it. Each costs it two round trips to
/// the database, and it must be over in time where a round trip takes long.
const ORPHANS_A_STEP: usize = 16;

/// Bytes that are deleted at once.
const AT_ONCE: usize = 8;

/// What a sweep swept out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub answers: u64,
    pub sessions: u64,
    /// Bytes that no attachment needed.
    pub blobs: u64,
    /// Files that a crash had left half-written.
    pub half_written: u64,
    /// Whether the bytes are not known to be this installation's, so that none were deleted.
    pub blobs_are_not_ours: bool,
}

/// Goes round once.
///
/// # Errors
/// When the database or the blobs fail; what was swept stays so.
pub async fn sweep(store: &Store, blobs: &Blobs, at: Timestamp) -> Result<Swept, Error> {
    // Nothing is known of what another's tickets name.
    let is_ours = blob_owner::begin_sweep(store, blobs).await?;
    let swept_blobs =
        if is_ours { sweep_left_behind(store, blobs, at).await? + sweep_orphans(store, blobs, at).await? } else { 0 };
    let swept = Swept {
        answers: step_by_step(store, at, forget_old_answers).await?,
        sessions: step_by_step(store, at, forget_ended_sessions).await?,
        half_written: blobs.delete_half_written(at.minus(ORPHANS_KEPT_FOR)).await?,
        blobs: swept_blobs,
        blobs_are_not_ours: !is_ours,
    };
    step_by_step(store, at, blob_deletion::forget_old).await?;
    step_by_step(store, at, forget_old_attempts).await?;
    Ok(swept)
}

/// Repeats a step until it finds less than it could have taken. Requests come between the steps.
async fn step_by_step(
    store: &Store,
    at: Timestamp,
    step: fn(&mut dyn Tx, Timestamp) -> Result<u64, Error>,
) -> Result<u64, Error> {
    let mut all = 0;
    loop {
        let some = store.write(move |tx| step(tx, at)).await?;
        all += some;
        if some < ROWS_A_STEP.unsigned_abs() {
            return Ok(all);
        }
    }
}

/// Finishes the deletions that earlier sweeps began and did not finish.
async fn sweep_left_behind(store: &Store, blobs: &Blobs, at: Timestamp) -> Result<u64, Error> {
    let begun = store.write(move |tx| blob_deletion::take_over(tx, at)).await?;
    delete(store, blobs, begun).await
}

async fn sweep_orphans(store: &Store, blobs: &Blobs, at: Timestamp) -> Result<u64, Error> {
    let not_after = at.minus(ORPHANS_KEPT_FOR);
    let started = Instant::now();
    let mut swept = 0;
    let old = blobs.list().try_filter(|blob| std::future::ready(blob.stored_at <= not_after));
    let mut steps = old.map_ok(|blob| (blob.workspace, blob.hash)).try_chunks(ORPHANS_A_STEP).boxed();
    while let Some(step) = steps.next().await {
        // A deletion's age tells whether its sweeper died, and a large bucket takes a while to go through.
        let now = at.plus(started.elapsed());
        swept += sweep_step(store, blobs, step.map_err(|cut_short| cut_short.1)?, now).await?;
    }
    Ok(swept)
}

async fn sweep_step(
    store: &Store,
    blobs: &Blobs,
    stored: Vec<(WorkspaceId, ContentHash)>,
    at: Timestamp,
) -> Result<u64, Error> {
    // Asked without holding up anybody, which most often is the end of it.
    let orphans = store.read(move |tx| unnamed(tx, &stored)).await?;
    if orphans.is_empty() {
        return Ok(0);
    }
    let begun = store.write(move |tx| blob_deletion::begin(tx, &orphans, at)).await?;
    delete(store, blobs, begun).await
}

/// Deletes the bytes, and notes which are deleted. What cannot be deleted is left for a later sweep.
async fn delete(store: &Store, blobs: &Blobs, begun: Vec<BlobDeletion>) -> Result<u64, Error> {
    let deleting = begun.into_iter().map(|deletion| async move {
        let deleted = blobs.delete(deletion.workspace, &deletion.hash).await;
        deleted.map(|()| deletion)
    });
    let outcomes: Vec<Result<BlobDeletion, Error>> = stream::iter(deleting).buffer_unordered(AT_ONCE).collect().await;
    let (deleted, failed): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    let deleted: Vec<BlobDeletion> = deleted.into_iter().flatten().collect();
    let count = deleted.len() as u64;
    if count > 0 {
        store.write(move |tx| blob_deletion::finish(tx, &deleted)).await?;
    }
    failed.into_iter().next().map_or(Ok(count), |failure| failure.map(|_| count))
}
