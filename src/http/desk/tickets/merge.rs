//! Two tickets become one.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::read::page;
use crate::app::desk::merge_tickets::merge_tickets;
use crate::domain::TicketId;
use crate::http::AppState;
use crate::http::desk::body::Json;
use crate::http::desk::caller::Staff;
use crate::http::desk::id::Id;
use crate::http::desk::kept::{Repeat, answer_once};
use crate::http::desk::problem::DeskError;
use crate::http::desk::version::IfMatch;

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[schema(as = Merge)]
#[serde(deny_unknown_fields)]
pub struct MergeBody {
    /// The id of the ticket in which this one lives on; it must be of the same requester
    into: i64,
}

/// Merge a ticket into another
///
/// Nothing is moved or copied: the ticket is closed and points to the other, on whose page it is read along. If its
/// requester replies to it, it is opened again on its own. Tickets that hold more than 32 MiB together are not merged (400 on
/// `into`).
#[utoipa::path(post, path = "/desk/tickets/{ticket_id}/merge", tag = "Desk: tickets",
    params(("ticket_id" = i64, Path), crate::http::desk::docs::WriteHeaders, crate::http::desk::docs::IfMatchHeader),
    request_body = MergeBody,
    responses((status = 200, description = "The ticket as it is now", body = super::read::PageBody)))]
pub async fn merge(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(ticket)): Path<Id>,
    repeat: Repeat,
    seen: IfMatch,
    body: Json<MergeBody>,
) -> Result<Response, DeskError> {
    let seen = seen.event()?;
    let request = repeat.request(&staff, &app, &body.digest);
    let into = TicketId(body.value.into);
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        merge_tickets(tx, &staff.0, TicketId(ticket), into, seen, at)?;
        page(tx, &staff.0, TicketId(ticket), None)
    })
    .await
}
