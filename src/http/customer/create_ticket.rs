//! Endpoint 2: create a ticket.

use axum::extract::State;
use axum::response::Response;

use super::kept_answer::{KeptAnswer, answer_once, kept_or_refused};
use super::{CREATE_TICKET, uploads};
use crate::app::open_ticket::{self, TicketFields, open_ticket};
use crate::domain::Priority;
use crate::http::extract::{Caller, Form, IdempotencyKey};
use crate::http::problems::Place;
use crate::http::{ApiError, AppState};
use crate::storage::Tx;

/// Create a ticket
///
/// The new ticket's id is in `X-Ticket-Id`, and its detailed view in `Location`. A 200 means that the ticket and its
/// files are on the disk. Also answers on `creat/support/ticket/`.
#[utoipa::path(post, path = "/support/create/ticket/", tag = "Tickets",
    params(crate::http::docs::IdempotencyKeyHeader),
    request_body(content((crate::http::docs::NewTicketForm = "multipart/form-data"),
        (crate::http::docs::NewTicketForm = "application/x-www-form-urlencoded"),
        (crate::http::docs::NewTicketForm = "application/json"))),
    responses((status = 200, description = "The ticket is created", body = crate::http::docs::EmptyAnswer,
        headers(("X-Ticket-Id" = i64, description = "The new ticket's id"),
            ("Location" = String, description = "The new ticket's detailed view")))))]
pub async fn create_ticket(
    State(app): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    form: Form,
) -> Result<Response, ApiError> {
    let files = form.files("attachment");
    let fields = fields_of(&form);
    let requester = caller.requester;
    let files = files.unwrap_or_default();
    let request = key.of_user(&caller, &app, CREATE_TICKET.paths[0], &form);
    let at = app.clock().now();
    if !fields.is_clean() || !files.is_empty() {
        // What will be refused is refused before its files are stored, and without taking the writer's time.
        let fields = fields.clone();
        let check = move |tx: &mut dyn Tx| open_ticket::check_with_limit(tx, &requester, &fields);
        if let Some(kept) = kept_or_refused(&app, request.clone(), at, Place::Elsewhere, check).await? {
            return Ok(kept);
        }
    }
    let stored = uploads::store(&app, requester.workspace, &files).await?;
    answer_once(&app, request, at, Place::Elsewhere, move |tx| {
        Ok(KeptAnswer::created(open_ticket(tx, &requester, &fields, &stored, at)?))
    })
    .await
}

/// A ticket as `form` asks for it.
pub fn fields_of(form: &Form) -> TicketFields {
    TicketFields {
        subject: form.subject("subject"),
        priority: form.choice("priority", Priority::from_code),
        comment: form.text("comment"),
        category: form.id("category"),
        attachment: form.files("attachment").map(|_| ()),
    }
}
