//! Files on tickets: to be downloaded, and pictures to be looked at.

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, Method};

use crate::app::desk::read_ticket::read_attachment;
use crate::domain::AttachmentId;
use crate::domain::attachment::StoredFile;
use crate::http::AppState;
use crate::http::console::error::PageError;
use crate::http::console::files;
use crate::http::console::session::Signed;
use crate::http::stored_file;

/// `GET /desk/attachments/{id}`.
pub async fn file(
    State(app): State<AppState>,
    signed: Signed,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let file = find(&app, &signed, &id).await?;
    Ok(stored_file::answer(&app, signed.requester().workspace, &file, &method, &headers).await?)
}

/// `GET /desk/attachments/{id}/picture`: the same bytes, to be shown.
pub async fn picture(
    State(app): State<AppState>,
    signed: Signed,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let file = find(&app, &signed, &id).await?;
    files::picture(&app, signed.requester().workspace, &file, &method, &headers).await
}

async fn find(app: &AppState, signed: &Signed, id: &str) -> Result<StoredFile, PageError> {
    let id = id.parse().map(AttachmentId).map_err(|_| PageError::not_found())?;
    let staff = signed.requester();
    Ok(app.store().read(move |tx| read_attachment(tx, &staff, id)).await?)
}
