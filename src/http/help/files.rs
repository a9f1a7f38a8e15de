//! Files on one's own tickets: to be downloaded, and pictures to be looked at.

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, Method};

use super::session::Signed;
use crate::app::download_attachment::download_attachment;
use crate::domain::attachment::StoredFile;
use crate::domain::{AttachmentId, Error};
use crate::http::pages::error::PageError;
use crate::http::pages::files;
use crate::http::{AppState, stored_file};

/// `GET /help/attachments/{id}`.
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

/// `GET /help/attachments/{id}/picture`: the same bytes, to be shown.
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

async fn find(app: &AppState, signed: &Signed, id: &str) -> Result<StoredFile, Error> {
    let id = id.parse().ok().map(AttachmentId);
    let requester = signed.requester();
    app.store().read(move |tx| download_attachment(tx, &requester, id)).await
}
