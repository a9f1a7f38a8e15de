//! Replies and internal notes.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::desk::answer_ticket::{Answer as Said, answer_ticket, check};
use crate::domain::conversation::Visibility;
use crate::domain::{Invalid, TicketId};
use crate::http::AppState;
use crate::http::customer::uploads;
use crate::http::desk::caller::Staff;
use crate::http::desk::id::Id;
use crate::http::desk::kept::{Answer, Repeat, answer_once};
use crate::http::desk::problem::DeskError;
use crate::http::extract::Form;
use crate::http::once::is_kept_or_checked;
use crate::http::words::StatusWord;
use crate::storage::Tx;

/// A reply or a note that was added.
#[derive(Serialize, ToSchema)]
#[schema(as = AddedConversation)]
struct AddedBody {
    /// The conversation's id
    id: i64,
    ticket: i64,
    /// The ticket's version now
    version: i64,
}

/// Reply to a ticket
///
/// Its requester sees the reply. An open ticket becomes `processing`, unless `status` says otherwise. As JSON, or as
/// `multipart/form-data` with files. A ticket that holds 32 MiB of replies and notes takes no more (400 on `comment`).
#[utoipa::path(post, path = "/desk/tickets/{ticket_id}/replies", tag = "Desk: tickets",
    params(("ticket_id" = i64, Path), crate::http::desk::docs::WriteHeaders),
    request_body(content((crate::http::desk::docs::AnswerForm = "application/json"),
        (crate::http::desk::docs::AnswerForm = "multipart/form-data"))),
    responses((status = 201, description = "The reply is added", body = AddedBody)))]
pub async fn reply(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(ticket)): Path<Id>,
    repeat: Repeat,
    form: Form,
) -> Result<Response, DeskError> {
    say(&app, staff, TicketId(ticket), Visibility::Public, repeat, &form).await
}

/// Add an internal note
///
/// Only staff see it. As JSON, or as `multipart/form-data` with files.
#[utoipa::path(post, path = "/desk/tickets/{ticket_id}/notes", tag = "Desk: tickets",
    params(("ticket_id" = i64, Path), crate::http::desk::docs::WriteHeaders),
    request_body(content((crate::http::desk::docs::AnswerForm = "application/json"),
        (crate::http::desk::docs::AnswerForm = "multipart/form-data"))),
    responses((status = 201, description = "The note is added", body = AddedBody)))]
pub async fn note(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(ticket)): Path<Id>,
    repeat: Repeat,
    form: Form,
) -> Result<Response, DeskError> {
    say(&app, staff, TicketId(ticket), Visibility::Internal, repeat, &form).await
}

async fn say(
    app: &AppState,
    staff: Staff,
    ticket: TicketId,
    visibility: Visibility,
    repeat: Repeat,
    form: &Form,
) -> Result<Response, DeskError> {
    form.refuse_others(&["comment", "status", "attachment"])?;
    let mut invalid = Invalid::default();
    let comment = invalid.take("comment", form.text("comment"));
    let status = form.optional_choice("status", |word| StatusWord::parse(word).map(|word| word.0));
    let status = invalid.take("status", status);
    let files = invalid.take("attachment", form.files("attachment"));
    let (Some(comment), Some(status), Some(files)) = (comment, status, files) else {
        return Err(crate::domain::Error::Invalid(invalid).into());
    };
    let at = app.clock().now();
    let request = repeat.request(&staff, app, &form.fingerprint(app.secret(), "desk"));
    if !files.is_empty() {
        // What will be refused is refused before its files are stored.
        let comment = comment.clone();
        let check = move |tx: &mut dyn Tx| check(tx, &staff.0, ticket, &comment);
        is_kept_or_checked(app, request.as_ref(), at, check).await?;
    }
    let stored = uploads::store(app, staff.0.workspace, &files).await?;
    answer_once(app, request, at, move |tx| {
        let said = Said { visibility, comment: &comment, files: &stored, status };
        let (id, version) = answer_ticket(tx, &staff.0, ticket, said, at)?;
        let body = AddedBody { id: id.0, ticket: ticket.0, version: version.0 };
        Ok(Answer::created(&body, format!("/desk/tickets/{ticket}"))?.with_version(version))
    })
    .await
}
