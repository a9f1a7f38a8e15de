//! The bytes of a file on a ticket.

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, Method};

use crate::app::desk::read_ticket::read_attachment;
use crate::domain::AttachmentId;
use crate::http::desk::caller::Staff;
use crate::http::desk::id::Id;
use crate::http::desk::problem::DeskError;
use crate::http::{AppState, stored_file};

/// Download a file
///
/// Answers `Range` and `If-None-Match`. Files on internal notes are among them; those on tickets out of reach are not
/// there.
#[utoipa::path(get, path = "/desk/attachments/{attachment_id}", tag = "Desk: tickets",
    params(("attachment_id" = i64, Path)),
    responses((status = 200, description = "The bytes", content_type = "*/*", body = stored_file::FileBytes),
        (status = 206, description = "A part of the bytes", content_type = "*/*", body = stored_file::FileBytes),
        (status = 304, description = "The caller has these bytes already"),
        (status = 416, description = "The file has no such range")))]
pub async fn download(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(id)): Path<Id>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, DeskError> {
    let file = app.store().read(move |tx| read_attachment(tx, &staff.0, AttachmentId(id))).await?;
    Ok(stored_file::answer(&app, staff.0.workspace, &file, &method, &headers).await?)
}
