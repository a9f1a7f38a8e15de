//! Files on their way in: stored durably before the row that names them.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::app::blob_deletion::{earlier, forget};
use crate::domain::attachment::{ContentHash, StoredFile, label};
use crate::domain::{Error, WorkspaceId};
use crate::http::AppState;
use crate::http::extract::UploadedFile;

/// What a file is when its first bytes do not say.
const UNKNOWN: &str = "application/octet-stream";

/// What text is: shown as nothing but text, whatever is in it.
const TEXT: &str = "text/plain; charset=utf-8";

/// Files of one request that are stored at once.
const AT_ONCE: usize = 4;

/// Stores the bytes of `files`, so that rows may name them.
///
/// # Errors
/// [`Error::Busy`] when the bytes cannot be stored, or are being deleted.
pub async fn store(app: &AppState, workspace: WorkspaceId, files: &[&UploadedFile]) -> Result<Vec<StoredFile>, Error> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    // Equal files are stored once.
    let different: BTreeMap<ContentHash, Bytes> = files.iter().map(|file| (file.hash, file.bytes.clone())).collect();
    let hashes: Vec<ContentHash> = different.keys().copied().collect();
    let deleted = app.store().read(move |tx| earlier(tx, workspace, &hashes)).await?;
    let puts = different.into_iter().map(|(hash, bytes)| async move { app.blobs().put(workspace, &hash, bytes).await });
    stream::iter(puts).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    if !deleted.is_empty() {
        app.store().write(move |tx| forget(tx, &deleted)).await?;
    }
    let stored = |file: &&UploadedFile| {
        Ok(StoredFile {
            hash: file.hash,
            size: i64::try_from(file.bytes.len()).map_err(Error::internal)?,
            content_type: sniff(&file.bytes).to_owned(),
            name: label(&file.name),
        })
    };
    files.iter().map(stored).collect()
}

/// What a file's first bytes say it is. What its sender says counts for nothing.
fn sniff(bytes: &[u8]) -> &'static str {
    match infer::get(bytes) {
        // What a browser would run is kept as what it would show.
        Some(kind) if kind.matcher_type() == infer::MatcherType::Text => TEXT,
        Some(kind) => kind.mime_type(),
        None if is_text(bytes) => TEXT,
        None => UNKNOWN,
    }
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes)
        .is_ok_and(|text| !text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}')))
}
