//! Endpoint 8: add a conversation.

use axum::extract::State;
use axum::response::Response;

use super::kept_answer::{KeptAnswer, answer_once, kept_or_refused};
use super::{CONVERSATION, uploads};
use crate::app::reply::{self, ReplyFields};
use crate::http::extract::{Caller, Form, IdempotencyKey};
use crate::http::problems::Place;
use crate::http::{ApiError, AppState};
use crate::storage::Tx;

/// Add a conversation to a ticket
///
/// A reply to a closed ticket opens it again as Processing, unless the workspace says otherwise. A ticket that holds 16 MiB
/// takes no more replies (400 on `comment`), no updates and no reopening: open another one.
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
    let request = key.of_user(&caller, &app, CONVERSATION.paths[0], &form);
    let at = app.clock().now();
    if !fields.is_clean() || !files.is_empty() {
        // What will be refused is refused before its files are stored, and without taking the writer's time.
        let fields = fields.clone();
        let check = move |tx: &mut dyn Tx| reply::check_with_room(tx, &requester, &fields);
        if let Some(kept) = kept_or_refused(&app, request.clone(), at, Place::Conversation, check).await? {
            return Ok(kept);
        }
    }
    let stored = uploads::store(&app, requester.workspace, &files).await?;
    answer_once(&app, request, at, Place::Conversation, move |tx| {
        reply::reply(tx, &requester, &fields, &stored, at)?;
        Ok(KeptAnswer::done())
    })
    .await
}
