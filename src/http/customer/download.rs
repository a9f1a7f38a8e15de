//! Endpoint 7: the bytes of an attachment.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, Method};

use crate::app::download_attachment::download_attachment;
use crate::domain::AttachmentId;
use crate::http::extract::Caller;
use crate::http::{ApiError, AppState, stored_file};

/// Download an attachment
///
/// Answers `Range` and `If-None-Match`. What is not the caller's, or is on an internal note, is not there.
#[utoipa::path(get, path = "/support/ticket/download/{attachment_id}/", tag = "Tickets",
    params(("attachment_id" = i64, Path, description = "The attachment's id, as the detailed view gives it")),
    responses((status = 200, description = "The bytes", content_type = "*/*", body = stored_file::FileBytes),
        (status = 206, description = "A part of the bytes", content_type = "*/*", body = stored_file::FileBytes),
        (status = 304, description = "The caller has these bytes already"),
        (status = 416, description = "The file has no such range", body = crate::http::docs::FailureAnswer)))]
pub async fn download(
    State(app): State<AppState>,
    caller: Caller,
    attachment_id: Result<Path<String>, PathRejection>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    // What cannot be an id names nothing.
    let id = attachment_id.ok().and_then(|Path(id)| plain_id(&id));
    let requester = caller.requester;
    let file = app.store().read(move |tx| download_attachment(tx, &requester, id)).await?;
    stored_file::answer(&app, requester.workspace, &file, &method, &headers).await
}

/// The id that decimal digits say, as they stand in an address.
fn plain_id(given: &str) -> Option<AttachmentId> {
    if !given.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    given.parse().ok().map(AttachmentId)
}
