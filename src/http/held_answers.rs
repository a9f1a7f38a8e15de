//! Large answers, which share a bounded memory until they are read.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::Method;
use http_body::Body as _;

use super::{ApiError, AppState};
use crate::domain::Error;
use crate::storage::RETRY_AFTER;

/// Bytes up to which an answer is an ordinary one, which needs no share.
const ORDINARY_MAX_BYTES: u64 = 64 * 1024;

/// Bytes of large answers that may wait at once to be read. One may have as many as that by itself.
pub const WAITING_MAX_BYTES: usize = 128 * 1024 * 1024;

/// Refuses a large answer to a read while too much waits already. What a write came to is always told.
pub async fn bound(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let response = next.run(request).await;
    let size = response.body().size_hint().exact().filter(|size| is_read && *size > ORDINARY_MAX_BYTES);
    let Some(size) = size else { return response };
    let Some(share) = app.answer_memory().share(size) else {
        return ApiError::from(Error::Busy { retry_after: RETRY_AFTER }).into_response();
    };
    let (parts, body) = response.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(bytes) => Response::from_parts(parts, Body::from(share.hold(bytes))),
        Err(error) => ApiError::from(Error::internal(error)).into_response(),
    }
}
