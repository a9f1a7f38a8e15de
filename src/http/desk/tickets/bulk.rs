//! The same change to many tickets.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::change::ChangeBody;
use crate::app::desk::bulk_change::{Outcome, TICKETS_MAX, bulk_change};
use crate::app::desk::change_ticket::TicketChange;
use crate::domain::TicketId;
use crate::http::access_log::current_request_id;
use crate::http::desk::body::Json;
use crate::http::desk::caller::Staff;
use crate::http::desk::kept::{Answer, Repeat, answer_once};
use crate::http::desk::problem::{DeskError, ProblemDocument};
use crate::http::problems::Place;
use crate::http::{ApiError, AppState};

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = BulkChange)]
#[serde(deny_unknown_fields)]
pub struct BulkBody {
    /// Ids of tickets
    #[schema(min_items = 1, max_items = 500)]
    tickets: Vec<i64>,
    change: ChangeBody,
}

/// What became of each ticket, in the order in which they were given.
#[derive(Serialize, ToSchema)]
#[schema(as = BulkResults)]
struct ResultsBody {
    results: Vec<ResultBody>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = BulkResult)]
struct ResultBody {
    ticket: i64,
    /// The ticket's version now; absent if it was left as it was
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    /// Why it was left as it was
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemDocument>,
}

impl ResultBody {
    fn new((ticket, outcome): Outcome, request_id: &str) -> Self {
        match outcome {
            Ok(version) => Self { ticket: ticket.0, version: Some(version.0), problem: None },
            Err(error) => {
                let problem = ProblemDocument::of(&ApiError::at(Place::Desk, error), request_id.to_owned());
                Self { ticket: ticket.0, version: None, problem: Some(problem) }
            }
        }
    }
}

/// Change many tickets
///
/// Up to 500, in one transaction; each succeeds or fails on its own.
#[utoipa::path(post, path = "/desk/tickets/bulk", tag = "Desk: tickets",
    params(crate::http::desk::docs::WriteHeaders),
    request_body = BulkBody,
    responses((status = 200, description = "What became of each", body = ResultsBody)))]
pub async fn bulk(
    State(app): State<AppState>,
    staff: Staff,
    repeat: Repeat,
    body: Json<BulkBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let BulkBody { tickets, change } = body.value;
    if tickets.is_empty() || tickets.len() > TICKETS_MAX {
        let sentence = format!("It must name 1 to {TICKETS_MAX} tickets.");
        return Err(ApiError::field("tickets", sentence).into());
    }
    let tickets: Vec<TicketId> = tickets.into_iter().map(TicketId).collect();
    let change = TicketChange::try_from(change)?;
    let at = app.clock().now();
    // The transaction runs on a thread that does not know it.
    let request_id = current_request_id();
    answer_once(&app, request, at, move |tx| {
        let outcomes = bulk_change(tx, &staff.0, &tickets, &change, at)?;
        Answer::ok(&ResultsBody {
            results: outcomes.into_iter().map(|outcome| ResultBody::new(outcome, &request_id)).collect(),
        })
    })
    .await
}
