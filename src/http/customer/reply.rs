//! Endpoint 8: add a conversation.

use axum::extract::State;
use axum::response::Response;

use super::kept_answer::KeptAnswer;
use super::{CONVERSATION, uploads};
use crate::app::idempotency::{kept_or_checked, once};
use crate::app::reply::{self, ReplyFields};
use crate::http::extract::{Caller, Form, IdempotencyKey};
use crate::http::problems::Place;
use crate::http::{ApiError, AppState};
use crate::storage::Tx;

/// Add a conversation to a ticket
///
/// A reply to a closed ticket opens it again as Processing, unless the workspace says otherwise.
#[utoipa::path(post, path = "/support/ticket/conversation/", tag = "Tickets",
    params(crate::http::docs::IdempotencyKeyHeader),
    request_body(content((crate::http::docs::ReplyForm = "multipart/form-data"),
        (crate::http::docs::ReplyForm = "application/x-www-form-urlencoded"),
        (crate::http::docs::ReplyForm = "application/json"))),
    responses((status = 200, description = "The conversation is added", body = crate::http::docs::EmptyAnswer)))]
pub async fn reply(
    State(app): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    form: Form,
) -> Result<Response, ApiError> {
    let files = form.files("attachment");
    let fields = ReplyFields {
        ticket: form.id("ticket"),
        comment: form.text("comment"),
        attachment: files.as_ref().map(|_| ()).map_err(Clone::clone),
    };
    let requester = caller.requester;
    let files = files.unwrap_or_default();
    let here = |error| ApiError::at(Place::Conversation, error);
    let request = key.of_user(&caller, &app, CONVERSATION.paths[0], &form);
    let at = app.clock().now();
    if !fields.is_clean() || !files.is_empty() {
        // What will be refused is refused before its files are stored, and without taking the writer's time.
        let (request, fields) = (request.clone(), fields.clone());
        let check = move |tx: &mut dyn Tx| reply::check(tx, &requester, &fields).map(|_| ());
        let kept = app.store().read(move |tx| kept_or_checked(tx, request.as_ref(), at, &check)).await.map_err(here)?;
        if let Some(kept) = kept {
            return KeptAnswer::present(&kept, &app);
        }
    }
    let (stored, _uploading) = uploads::store(&app, requester.workspace, &files).await?;
    let kept = app
        .store()
        .write(move |tx| {
            once(tx, request.as_ref(), at, |tx| {
                reply::reply(tx, &requester, &fields, &stored, at)?;
                KeptAnswer::done()
            })
        })
        .await
        .map_err(here)?;
    KeptAnswer::present(&kept, &app)
}
