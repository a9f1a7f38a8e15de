//! Files on tickets: to be downloaded, and pictures to be looked at.

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, header};

use super::timeline::SHOWN_PICTURES;
use crate::app::desk::read_ticket::read_attachment;
use crate::domain::AttachmentId;
use crate::domain::attachment::StoredFile;
use crate::http::AppState;
use crate::http::console::error::PageError;
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

/// `GET /desk/attachments/{id}/picture`: the same bytes, to be shown. Only of types that hold nothing active.
pub async fn picture(
    State(app): State<AppState>,
    signed: Signed,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let file = find(&app, &signed, &id).await?;
    if !SHOWN_PICTURES.contains(&&*file.content_type) {
        return Err(PageError::not_found());
    }
    let mut response = stored_file::answer(&app, signed.requester().workspace, &file, &method, &headers).await?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
    Ok(response)
}

async fn find(app: &AppState, signed: &Signed, id: &str) -> Result<StoredFile, PageError> {
    let id = id.parse().map(AttachmentId).map_err(|_| PageError::not_found())?;
    let staff = signed.requester();
    Ok(app.store().read(move |tx| read_attachment(tx, &staff, id)).await?)
}
