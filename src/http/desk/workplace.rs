//! What a member of staff has at hand on a ticket. None of it changes the ticket, so that none of it wants `If-Match` or an
//! `Idempotency-Key`: to say it twice is to say it once.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::{Json, Moment, Text};
use super::caller::Staff;
use super::id::Id;
use super::kept::Answer;
use super::problem::DeskError;
use crate::app::desk::workplace::{be_present, draft, keep_draft, mark_seen};
use crate::domain::{EventId, TicketId};
use crate::http::AppState;
use crate::storage::queries::workplace::{Draft, Present};

/// The longest draft, in characters.
const DRAFT_MAX_CHARS: usize = 100_000;

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = Seen)]
#[serde(deny_unknown_fields)]
pub struct SeenBody {
    /// The ticket's version that the caller has seen
    version: i64,
}

/// Mark a ticket as read
#[utoipa::path(put, path = "/desk/tickets/{ticket_id}/seen", tag = "Desk: workplace",
    params(("ticket_id" = i64, Path)), request_body = SeenBody,
    responses((status = 200, description = "It is marked", body = SeenBody)))]
pub async fn see(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(ticket)): Path<Id>,
    body: Json<SeenBody>,
) -> Result<Response, DeskError> {
    let seen = EventId(body.value.version);
    app.store().write(move |tx| mark_seen(tx, &staff.0, TicketId(ticket), seen)).await?;
    Ok(Answer::ok(&body.value)?.present(&app))
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = NewDraft)]
#[serde(deny_unknown_fields)]
pub struct NewDraftBody {
    /// Whether it is to be an internal note
    #[serde(default)]
    internal: bool,
    /// Empty to forget the draft
    #[schema(value_type = String, max_length = 100_000)]
    comment: Text<0, DRAFT_MAX_CHARS>,
}

/// What the caller has begun to write.
#[derive(Serialize, ToSchema)]
#[schema(as = Draft)]
struct DraftBody {
    internal: bool,
    /// Empty if there is none
    comment: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Moment>,
}

impl From<Option<Draft>> for DraftBody {
    fn from(draft: Option<Draft>) -> Self {
        let Some(draft) = draft else { return Self { internal: false, comment: String::new(), updated_at: None } };
        Self { internal: draft.internal, comment: draft.body, updated_at: Some(Moment(draft.updated_at)) }
    }
}

/// Read the caller's draft on a ticket
#[utoipa::path(get, path = "/desk/tickets/{ticket_id}/draft", tag = "Desk: workplace",
    params(("ticket_id" = i64, Path)),
    responses((status = 200, description = "The draft", body = DraftBody)))]
pub async fn read_draft(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(ticket)): Path<Id>,
) -> Result<Response, DeskError> {
    let found = app.store().read(move |tx| draft(tx, &staff.0, TicketId(ticket))).await?;
    Ok(Answer::ok(&DraftBody::from(found))?.present(&app))
}

/// Keep the caller's draft on a ticket
#[utoipa::path(put, path = "/desk/tickets/{ticket_id}/draft", tag = "Desk: workplace",
    params(("ticket_id" = i64, Path)), request_body = NewDraftBody,
    responses((status = 200, description = "The draft as it is kept", body = DraftBody)))]
pub async fn write_draft(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(ticket)): Path<Id>,
    body: Json<NewDraftBody>,
) -> Result<Response, DeskError> {
    let NewDraftBody { internal, comment } = body.value;
    let new = Draft { internal, body: comment.0, updated_at: app.clock().now() };
    let kept = app.store().write(move |tx| {
        keep_draft(tx, &staff.0, TicketId(ticket), &new)?;
        draft(tx, &staff.0, TicketId(ticket))
    });
    Ok(Answer::ok(&DraftBody::from(kept.await?))?.present(&app))
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[schema(as = NewPresence)]
#[serde(deny_unknown_fields)]
pub struct NewPresenceBody {
    /// Whether the caller has the ticket open
    present: bool,
    /// Whether the caller is writing
    #[serde(default)]
    writing: bool,
}

/// Who else has the ticket open.
#[derive(Serialize, ToSchema)]
#[schema(as = Presence)]
struct PresenceBody {
    others: Vec<PresentBody>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Present)]
struct PresentBody {
    /// The user's id
    id: i64,
    email: String,
    /// Empty if it is not known
    name: String,
    writing: bool,
}

impl From<Present> for PresentBody {
    fn from(present: Present) -> Self {
        Self { id: present.user.0, email: present.email, name: present.name, writing: present.writing }
    }
}

/// Say that the caller has a ticket open
///
/// To be said again every 20 seconds or so: after 30, one counts as gone. The answer tells who else is there.
#[utoipa::path(put, path = "/desk/tickets/{ticket_id}/presence", tag = "Desk: workplace",
    params(("ticket_id" = i64, Path)), request_body = NewPresenceBody,
    responses((status = 200, description = "Who else has it open", body = PresenceBody)))]
pub async fn present(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(ticket)): Path<Id>,
    body: Json<NewPresenceBody>,
) -> Result<Response, DeskError> {
    let NewPresenceBody { present, writing } = body.value;
    let writing = present.then_some(writing);
    let at = app.clock().now();
    let others = app.store().write(move |tx| be_present(tx, &staff.0, TicketId(ticket), writing, at)).await?;
    let others = others.into_iter().map(PresentBody::from).collect();
    Ok(Answer::ok(&PresenceBody { others })?.present(&app))
}
