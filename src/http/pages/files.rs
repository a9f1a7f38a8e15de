//! Files as pages show them: to be downloaded, and pictures to be looked at.

use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, header};

use super::error::PageError;
use crate::domain::attachment::StoredFile;
use crate::domain::{AttachmentId, WorkspaceId};
use crate::http::{AppState, stored_file};

/// Types of pictures that browsers show and that hold nothing active.
const SHOWN_PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// A file that came with a message.
pub struct FileLink {
    pub id: i64,
    pub name: String,
    pub size: String,
    pub is_picture: bool,
}

impl FileLink {
    /// The file `id`, which has so many `bytes`.
    pub fn new(id: AttachmentId, name: &str, bytes: i64, content_type: &str) -> Self {
        let is_picture = SHOWN_PICTURES.contains(&content_type);
        Self { id: id.0, name: name.to_owned(), size: size(bytes), is_picture }
    }
}

/// Bytes in the unit that suits them.
fn size(bytes: i64) -> String {
    match bytes {
        ..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{}.{} MiB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

/// Answers with a picture to be shown; with other files not at all.
///
/// # Errors
/// 404 for what may hold something active; as [`stored_file::answer`].
pub async fn picture(
    app: &AppState,
    workspace: WorkspaceId,
    file: &StoredFile,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, PageError> {
    if !SHOWN_PICTURES.contains(&&*file.content_type) {
        return Err(PageError::not_found());
    }
    let mut response = stored_file::answer(app, workspace, file, method, headers).await?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
    Ok(response)
}
