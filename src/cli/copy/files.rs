//! The attachments' bytes.

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::super::progress::Bar;
use super::side::Side;
use crate::blobs::Blobs;
use crate::domain::Error;
use crate::identity::apikey::sha256;
use crate::storage::copy::{Content, contents_after};

/// Files that are on their way at once: each waits for the disk, or for a server.
pub const AT_ONCE: usize = 16;

/// What attachments need of bytes, and what of it is missing.
#[derive(Debug, Default)]
pub struct Stored {
    pub files: u64,
    pub bytes: u64,
    pub problems: Vec<String>,
}

/// Copies the bytes that the destination has not got yet, and gives how many files that were. What is missing or damaged
/// is a problem.
pub async fn copy(from: &Side, to: &Side, bar: &Bar, problems: &mut Vec<String>) -> anyhow::Result<u64> {
    let mut copied = 0;
    let mut after = None;
    loop {
        let page = from.store.read(move |tx| Ok(contents_after(tx, after.as_ref())?)).await?;
        let Some(last) = page.last() else { return Ok(copied) };
        after = Some(*last);
        bar.expect_more(page.len() as u64);
        let mut outcomes = stream::iter(page)
            .map(|content| async move {
                let outcome = copy_one(from, to, &content).await;
                Ok((content, outcome.with_context(|| format!("cannot copy attachment {}", content.attachment))?))
            })
            .buffer_unordered(AT_ONCE);
        while let Some((content, outcome)) = outcomes.try_next().await.map_err(|e: anyhow::Error| e)? {
            match outcome {
                Outcome::WasThere => {}
                Outcome::Copied => copied += 1,
                Outcome::Bad(problem) => problems.push(problem),
            }
            bar.moved("", 1, content.size);
        }
    }
}

enum Outcome {
    WasThere,
    Copied,
    Bad(String),
}

async fn copy_one(from: &Side, to: &Side, content: &Content) -> Result<Outcome, Error> {
    let Content { workspace, hash, size, attachment } = *content;
    if to.blobs.find(workspace, &hash).await?.is_some_and(|found| found.size == size) {
        return Ok(Outcome::WasThere);
    }
    match read_whole(&from.blobs, content).await? {
        Err(what) => Ok(Outcome::Bad(format!("the bytes of attachment {attachment} {what} in the source"))),
        Ok(bytes) => {
            to.blobs.put(workspace, &hash, bytes).await?;
            Ok(Outcome::Copied)
        }
    }
}

/// All bytes of an attachment, or what is wrong with them.
pub async fn read_whole(blobs: &Blobs, content: &Content) -> Result<Result<Bytes, &'static str>, Error> {
    let Content { workspace, hash, size, .. } = *content;
    match blobs.find(workspace, &hash).await? {
        None => return Ok(Err("are missing")),
        Some(found) if found.size != size => return Ok(Err("have another length")),
        Some(_) => {}
    }
    let pieces: Vec<Bytes> = blobs.get(workspace, &hash, 0..size).await?.try_collect().await?;
    let bytes = Bytes::from(pieces.concat());
    Ok(if sha256(&bytes) == hash { Ok(bytes) } else { Err("are damaged") })
}

/// Looks for the bytes of every attachment on a side.
pub async fn stored(side: &Side) -> anyhow::Result<Stored> {
    let mut stored = Stored::default();
    let mut after = None;
    loop {
        let page = side.store.read(move |tx| Ok(contents_after(tx, after.as_ref())?)).await?;
        let Some(last) = page.last() else { return Ok(stored) };
        after = Some(*last);
        let mut sizes = stream::iter(page)
            .map(async |content| Ok((content, side.blobs.find(content.workspace, &content.hash).await?)))
            .buffer_unordered(AT_ONCE);
        while let Some((content, found)) = sizes.try_next().await.map_err(|e: Error| e)? {
            if found.is_some_and(|found| found.size == content.size) {
                stored.files += 1;
                stored.bytes += content.size;
            } else {
                let (attachment, role) = (content.attachment, side.role);
                stored.problems.push(format!("the bytes of attachment {attachment} are not in the {role}"));
            }
        }
    }
}
