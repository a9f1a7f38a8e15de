//! The staff's API: JSON below `/desk`, for the bearer token of a member of staff.

mod body;
mod caller;
pub mod docs;
mod events;
mod filter;
mod id;
mod kept;
mod params;
mod problem;
mod tickets;
mod version;
mod words;

use axum::Router;
use axum::middleware;
use axum::routing::{MethodRouter, get, post};
use http::Method;
use tower_http::catch_panic::CatchPanicLayer;

use self::caller::Staff;
use self::problem::DeskError;
use super::{ApiError, AppState, error};
use crate::domain::Error;

/// The paths below `/desk`, each with what answers there.
fn endpoints() -> Vec<(&'static str, MethodRouter<AppState>)> {
    vec![
        ("/tickets", get(tickets::list::list).post(tickets::open::open)),
        ("/tickets/bulk", post(tickets::bulk::bulk)),
        ("/tickets/{ticket_id}", get(tickets::read::read).patch(tickets::change::change)),
        ("/tickets/{ticket_id}/replies", post(tickets::answer::reply)),
        ("/tickets/{ticket_id}/notes", post(tickets::answer::note)),
        ("/tickets/{ticket_id}/merge", post(tickets::merge::merge)),
        ("/events", get(events::events)),
    ]
}

/// The endpoints, below the API's base and `/desk`.
pub fn routes() -> Router<AppState> {
    endpoints()
        .into_iter()
        .fold(Router::new(), |router, (path, endpoint)| router.route(path, endpoint.fallback(wrong_method)))
        .fallback(nothing_here)
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(middleware::map_response(problem::as_problem))
}

/// The name of a route for metrics and the log, from a fixed set.
pub fn route_name(path: &str) -> Option<&'static str> {
    NAMES.iter().copied().find(|name| name.strip_prefix("/desk") == Some(path))
}

const NAMES: [&str; 7] = [
    "/desk/tickets",
    "/desk/tickets/bulk",
    "/desk/tickets/{ticket_id}",
    "/desk/tickets/{ticket_id}/replies",
    "/desk/tickets/{ticket_id}/notes",
    "/desk/tickets/{ticket_id}/merge",
    "/desk/events",
];

/// Refused only to who may call at all.
async fn wrong_method(_: Staff, method: Method) -> ApiError {
    ApiError::method_not_allowed(&method)
}

async fn nothing_here(_: Staff) -> DeskError {
    Error::NotFound.into()
}
