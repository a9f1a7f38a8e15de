//! The list of tickets: filters, sort, keyset cursor.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::TicketBody;
use crate::app::desk::list_tickets::{COUNTED_MAX, DEFAULT_LIMIT, count_tickets, list_tickets};
use crate::http::AppState;
use crate::http::desk::caller::Staff;
use crate::http::desk::cursor;
use crate::http::desk::kept::Answer;
use crate::http::desk::problem::DeskError;
use crate::http::tickets_query;

/// A page of tickets.
#[derive(Serialize, ToSchema)]
#[schema(as = TicketPage)]
struct ListBody {
    tickets: Vec<TicketBody>,
    /// Where to go on; absent on the last page
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// How many tickets there are in all, if `count=true` asked for it; null for more than 10 000
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<Option<i64>>,
}

/// What a list is narrowed down to. Several values of one parameter are separated by commas.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct ListParameters {
    /// Any of `open`, `processing`, `closed`
    #[param(example = "open,processing")]
    status: Option<String>,
    /// Any of `low`, `medium`, `high`
    priority: Option<String>,
    /// Ids of categories
    category: Option<String>,
    /// Ids of tags, of which a ticket has at least one
    tag: Option<String>,
    /// A user's id, `me`, or `none`
    assignee: Option<String>,
    /// A team's id, or `none`
    team: Option<String>,
    /// A user's id
    requester: Option<i64>,
    /// Not before (RFC 3339, or a day of UTC)
    created_from: Option<String>,
    /// Before (RFC 3339, or a day of UTC)
    created_before: Option<String>,
    /// Not before (RFC 3339, or a day of UTC)
    updated_from: Option<String>,
    /// Before (RFC 3339, or a day of UTC)
    updated_before: Option<String>,
    /// `hidden` leaves out what is snoozed, `only` leaves out the rest, `included` neither
    #[param(default = "hidden")]
    snoozed: Option<String>,
    /// A part of the subject, in any case
    text: Option<String>,
    /// `-updated` newest first, `updated`, `-created`, `created`, or `-priority`
    #[param(default = "-updated")]
    sort: Option<String>,
    /// How many tickets; more than 200 are cut to 200
    #[param(minimum = 1, default = 50)]
    limit: Option<i64>,
    /// Where to go on, from `next` or `Link` of the page before
    cursor: Option<String>,
    /// Whether to count all tickets that the filters let through
    #[param(default = false)]
    count: Option<bool>,
}

/// List tickets
///
/// `Link` leads to the next page.
#[utoipa::path(get, path = "/desk/tickets", tag = "Desk: tickets", params(ListParameters),
    responses((status = 200, description = "A page of tickets", body = ListBody)))]
pub async fn list(State(app): State<AppState>, staff: Staff, RawQuery(query): RawQuery) -> Result<Response, DeskError> {
    let encoded = query.unwrap_or_default();
    let query = tickets_query::parse(&encoded, &staff.0)?;
    let after = query.after()?;
    let now = app.clock().now();
    let caller = staff.0;
    let (listed, total) = app
        .store()
        .read_anywhere(move |tx| {
            let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
            let listed = list_tickets(tx, &caller, &query.filter, query.sort, after.as_deref(), limit, now)?;
            let counted: &[_] = if query.count { &[(&query.filter, COUNTED_MAX)] } else { &[] };
            Ok((listed, count_tickets(tx, &caller, counted, now)?.pop()))
        })
        .await?;
    let next = listed.next.as_deref().map(tickets_query::cursor_after);
    let link = next.as_deref().map(|next| cursor::link(&app, "/desk/tickets", &encoded, next)).transpose()?;
    let body = ListBody { tickets: listed.tickets.into_iter().map(TicketBody::from).collect(), next, total };
    let mut response = Answer::ok(&body)?.present(&app);
    response.headers_mut().extend(link);
    Ok(response)
}
