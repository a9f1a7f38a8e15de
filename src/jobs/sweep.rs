//! Sweeps out what has served its time: kept answers, ended sessions, bytes that no attachment needs.

use std::time::Duration;

use futures_util::TryStreamExt as _;

use crate::app::sweep::{ROWS_A_STEP, bytes_are_needed, forget_ended_sessions, forget_old_answers};
use crate::blobs::Blobs;
use crate::domain::{Error, Timestamp};
use crate::storage::{Store, Tx};

/// How long bytes may be without an attachment: far longer than any request that stores them takes.
pub const ORPHANS_KEPT_FOR: Duration = Duration::from_hours(1);

/// What a sweep swept out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub answers: u64,
    pub sessions: u64,
    pub blobs: u64,
}

/// Goes round once.
///
/// # Errors
/// When the database or the blobs fail; what was swept stays so.
pub async fn sweep(store: &Store, blobs: &Blobs, at: Timestamp) -> Result<Swept, Error> {
    Ok(Swept {
        answers: step_by_step(store, at, forget_old_answers).await?,
        sessions: step_by_step(store, at, forget_ended_sessions).await?,
        blobs: sweep_orphans(store, blobs, at.minus(ORPHANS_KEPT_FOR)).await?,
    })
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

async fn sweep_orphans(store: &Store, blobs: &Blobs, not_after: Timestamp) -> Result<u64, Error> {
    let mut swept = 0;
    let mut listed = blobs.list();
    while let Some(blob) = listed.try_next().await? {
        if blob.stored_at > not_after {
            continue;
        }
        let is_orphan = async || {
            let needed = store.read(move |tx| bytes_are_needed(tx, blob.workspace, &blob.hash)).await?;
            Ok(!needed)
        };
        // Asked twice: here without holding up uploads, which most often is the end of it.
        if is_orphan().await? && blobs.delete_orphan(&blob, not_after, is_orphan).await? {
            swept += 1;
        }
    }
    Ok(swept)
}
