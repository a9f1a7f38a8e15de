//! Endpoint 9: close a ticket or open it again.

use axum::extract::State;
use axum::response::Response;

use super::STATUS;
use super::kept_answer::{KeptAnswer, answer_once};
use crate::app::change_status::{self, StatusFields};
use crate::domain::ticket::StatusRequest;
use crate::http::extract::{Caller, Form, IdempotencyKey};
use crate::http::problems::Place;
use crate::http::{ApiError, AppState};

/// Close a ticket or open it again
///
/// `3` closes an open or processing ticket; `2` opens a closed one, which is then Processing.
#[utoipa::path(post, path = "/support/ticket/status/", tag = "Tickets",
    params(crate::http::docs::IdempotencyKeyHeader),
    request_body(content((crate::http::docs::StatusForm = "multipart/form-data"),
        (crate::http::docs::StatusForm = "application/x-www-form-urlencoded"),
        (crate::http::docs::StatusForm = "application/json"))),
    responses((status = 200, description = "The status is changed", body = crate::http::docs::EmptyAnswer)))]
pub async fn change_status(
    State(app): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    form: Form,
) -> Result<Response, ApiError> {
    let fields = StatusFields {
        ticket: form.plain_id("ticket"),
        status: form.hand_checked_choice("status", StatusRequest::from_code),
    };
    let request = key.of_user(&caller, &app, STATUS.paths[0], &form);
    let requester = caller.requester;
    let at = app.clock().now();
    answer_once(&app, request, at, Place::Elsewhere, move |tx| {
        change_status::change_status(tx, &requester, &fields, at)?;
        Ok(KeptAnswer::done())
    })
    .await
}
