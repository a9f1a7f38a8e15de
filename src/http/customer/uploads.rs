//! Files on their way in: stored durably before the row that names them.

use crate::blobs::Uploading;
use crate::domain::attachment::{StoredFile, label};
use crate::domain::{Error, WorkspaceId};
use crate::http::AppState;
use crate::http::extract::UploadedFile;

/// What a file is when its first bytes do not say.
const UNKNOWN: &str = "application/octet-stream";

/// What text is: shown as nothing but text, whatever is in it.
const TEXT: &str = "text/plain; charset=utf-8";

/// Stores the bytes of `files`. The guard is to be held until the rows that name them have committed.
///
/// # Errors
/// When the bytes cannot be stored.
pub async fn store(
    app: &AppState,
    workspace: WorkspaceId,
    files: &[&UploadedFile],
) -> Result<(Vec<StoredFile>, Option<Uploading>), Error> {
    if files.is_empty() {
        return Ok((Vec::new(), None));
    }
    let uploading = app.blobs().uploading().await;
    let mut stored = Vec::with_capacity(files.len());
    for file in files {
        app.blobs().put(workspace, &file.hash, file.bytes.clone()).await?;
        stored.push(StoredFile {
            hash: file.hash,
            size: i64::try_from(file.bytes.len()).map_err(Error::internal)?,
            content_type: sniff(&file.bytes).to_owned(),
            name: label(&file.name),
        });
    }
    Ok((stored, Some(uploading)))
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
