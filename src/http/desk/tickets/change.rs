//! Changes to one ticket.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::read::page;
use crate::app::desk::change_ticket::{TicketChange, change_ticket};
use crate::domain::ticket::{SUBJECT_MAX_CHARS, Subject};
use crate::domain::{CategoryId, Error, TagId, TeamId, TicketId, UserId};
use crate::http::desk::body::{Json, Moment, Text, given};
use crate::http::desk::caller::Staff;
use crate::http::desk::id::Id;
use crate::http::desk::kept::{Repeat, answer_once};
use crate::http::desk::problem::DeskError;
use crate::http::desk::version::IfMatch;
use crate::http::words::{PriorityWord, StatusWord};
use crate::http::{ApiError, AppState};

/// Tags of a ticket at the most.
const TAGS_MAX: usize = 100;

/// What to change; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[schema(as = TicketChange)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    #[schema(value_type = Option<String>, max_length = 500)]
    subject: Option<Text<1, SUBJECT_MAX_CHARS>>,
    status: Option<StatusWord>,
    priority: Option<PriorityWord>,
    /// A category's id
    category: Option<i64>,
    /// Ids of all tags that the ticket then has
    tags: Option<Vec<i64>>,
    /// The id of the member of staff who works on it; null for nobody
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    assignee: Option<Option<i64>>,
    /// A team's id; null for none
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>)]
    team: Option<Option<i64>>,
    /// Whether its requester can neither close nor reopen it
    locked: Option<bool>,
    /// Out of the lists until then; null to bring it back
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    snoozed_until: Option<Option<Moment>>,
}

impl TryFrom<ChangeBody> for TicketChange {
    type Error = ApiError;

    fn try_from(body: ChangeBody) -> Result<Self, ApiError> {
        if body.tags.as_ref().is_some_and(|tags| tags.len() > TAGS_MAX) {
            return Err(ApiError::field("tags", format!("A ticket has {TAGS_MAX} tags at the most.")));
        }
        let subject = body.subject.map(|subject| Subject::new(subject.0)).transpose();
        Ok(Self {
            subject: subject.map_err(|_| Error::internal("a subject that was measured is too long"))?,
            status: body.status.map(|word| word.0),
            priority: body.priority.map(|word| word.0),
            category: body.category.map(CategoryId),
            tags: body.tags.map(|tags| tags.into_iter().map(TagId).collect()),
            assignee: body.assignee.map(|id| id.map(UserId)),
            team: body.team.map(|id| id.map(TeamId)),
            locked: body.locked,
            snoozed_until: body.snoozed_until.map(|at| at.map(|at| at.0)),
        })
    }
}

/// Change a ticket
///
/// What is absent stays. `If-Match` with the ticket's `ETag` refuses the change if somebody else was faster.
#[utoipa::path(patch, path = "/desk/tickets/{ticket_id}", tag = "Desk: tickets",
    params(("ticket_id" = i64, Path), crate::http::desk::docs::WriteHeaders, crate::http::desk::docs::IfMatchHeader),
    request_body = ChangeBody,
    responses((status = 200, description = "The ticket as it is now", body = super::read::PageBody)))]
pub async fn change(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(ticket)): Path<Id>,
    repeat: Repeat,
    seen: IfMatch,
    body: Json<ChangeBody>,
) -> Result<Response, DeskError> {
    let seen = seen.event()?;
    let request = repeat.request(&staff, &app, &body.digest);
    let change = TicketChange::try_from(body.value)?;
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        change_ticket(tx, &staff.0, TicketId(ticket), &change, seen, at)?;
        page(tx, &staff.0, TicketId(ticket), None)
    })
    .await
}
