//! Endpoint 5: tag a ticket and set its priority.

use axum::extract::State;
use axum::response::Response;

use super::UPDATE_TICKET;
use super::kept_answer::{KeptAnswer, answer_once};
use crate::app::update_ticket::{self, UpdateFields};
use crate::domain::Priority;
use crate::http::extract::{Caller, Form, IdempotencyKey};
use crate::http::problems::Place;
use crate::http::{ApiError, AppState};

/// Update a ticket
///
/// The given tags replace those that the ticket had. Also answers on `update/support/ticket/`.
#[utoipa::path(post, path = "/support/update/ticket/", tag = "Tickets",
    params(crate::http::docs::IdempotencyKeyHeader),
    request_body(content((crate::http::docs::UpdateForm = "multipart/form-data"),
        (crate::http::docs::UpdateForm = "application/x-www-form-urlencoded"),
        (crate::http::docs::UpdateForm = "application/json"))),
    responses((status = 200, description = "The ticket is updated", body = crate::http::docs::EmptyAnswer)))]
pub async fn update_ticket(
    State(app): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    form: Form,
) -> Result<Response, ApiError> {
    let fields = UpdateFields {
        ticket: form.plain_id("ticket_id"),
        priority: form.optional_choice("priority", Priority::from_code),
        tags: form.ids("tags"),
    };
    let request = key.of_user(&caller, &app, UPDATE_TICKET.paths[0], &form);
    let requester = caller.requester;
    let at = app.clock().now();
    answer_once(&app, request, at, Place::Elsewhere, move |tx| {
        update_ticket::update_ticket(tx, &requester, &fields, at)?;
        Ok(KeptAnswer::done())
    })
    .await
}
