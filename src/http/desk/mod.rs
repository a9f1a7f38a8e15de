//! The staff's API: JSON below `/desk`, for the bearer token of a member of staff.

mod body;
mod caller;
pub mod cursor;
pub mod docs;
pub mod events;
mod id;
mod kept;
mod manage;
mod params;
mod problem;
mod search;
mod tickets;
pub mod version;
mod workplace;

use axum::Router;
use axum::middleware;
use axum::routing::{MethodRouter, get, post, put};
use http::Method;
use tower_http::catch_panic::CatchPanicLayer;

pub use self::body::Moment;
use self::caller::Staff;
use self::manage::{
    apikeys, attachments, audit, canned_replies, categories, identity_providers, me, requesters, tags, teams, users,
    views, workspace,
};
use self::problem::DeskError;
use super::{ApiError, AppState, error, held_answers};
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
        ("/tickets/{ticket_id}/seen", put(workplace::see)),
        ("/tickets/{ticket_id}/draft", get(workplace::read_draft).put(workplace::write_draft)),
        ("/tickets/{ticket_id}/presence", put(workplace::present)),
        ("/attachments/{attachment_id}", get(attachments::download)),
        ("/search", get(search::search)),
        ("/events", get(events::events)),
        ("/requesters", get(requesters::list).post(requesters::add)),
        ("/requesters/{requester_id}", get(requesters::read).patch(requesters::change)),
        ("/users", get(users::list).post(users::add)),
        ("/users/{user_id}", get(users::read).patch(users::change)),
        ("/me", get(me::read).patch(me::change)),
        ("/teams", get(teams::list).post(teams::add)),
        ("/teams/{team_id}", get(teams::read).patch(teams::change)),
        ("/categories", get(categories::list).post(categories::add)),
        ("/categories/{category_id}", get(categories::read).patch(categories::change)),
        ("/tags", get(tags::list).post(tags::add)),
        ("/tags/{tag_id}", get(tags::read).patch(tags::change)),
        ("/apikeys", get(apikeys::list).post(apikeys::add)),
        ("/apikeys/{apikey_id}", get(apikeys::read).delete(apikeys::revoke)),
        ("/identity-providers", get(identity_providers::list).post(identity_providers::add)),
        (
            "/identity-providers/{provider_id}",
            get(identity_providers::read).patch(identity_providers::change).delete(identity_providers::remove),
        ),
        ("/canned-replies", get(canned_replies::list).post(canned_replies::add)),
        (
            "/canned-replies/{reply_id}",
            get(canned_replies::read).patch(canned_replies::change).delete(canned_replies::remove),
        ),
        ("/views", get(views::list).post(views::add)),
        ("/views/{view_id}", get(views::read).patch(views::change).delete(views::remove)),
        ("/workspace", get(workspace::read).patch(workspace::change)),
        ("/audit", get(audit::list)),
    ]
}

/// The endpoints, below the API's base and `/desk`.
pub fn routes(app: &AppState) -> Router<AppState> {
    endpoints()
        .into_iter()
        .fold(Router::new(), |router, (path, endpoint)| router.route(path, endpoint.fallback(wrong_method)))
        .fallback(nothing_here)
        .layer(middleware::from_fn_with_state(app.clone(), held_answers::bound))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(middleware::map_response(problem::as_problem))
}

/// The name of a route for metrics and the log, from a fixed set.
pub fn route_name(path: &str) -> Option<&'static str> {
    NAMES.iter().copied().find(|name| name.strip_prefix("/desk") == Some(path))
}

const NAMES: [&str; 33] = [
    "/desk/tickets",
    "/desk/tickets/bulk",
    "/desk/tickets/{ticket_id}",
    "/desk/tickets/{ticket_id}/replies",
    "/desk/tickets/{ticket_id}/notes",
    "/desk/tickets/{ticket_id}/merge",
    "/desk/tickets/{ticket_id}/seen",
    "/desk/tickets/{ticket_id}/draft",
    "/desk/tickets/{ticket_id}/presence",
    "/desk/attachments/{attachment_id}",
    "/desk/search",
    "/desk/events",
    "/desk/requesters",
    "/desk/requesters/{requester_id}",
    "/desk/users",
    "/desk/users/{user_id}",
    "/desk/me",
    "/desk/teams",
    "/desk/teams/{team_id}",
    "/desk/categories",
    "/desk/categories/{category_id}",
    "/desk/tags",
    "/desk/tags/{tag_id}",
    "/desk/apikeys",
    "/desk/apikeys/{apikey_id}",
    "/desk/identity-providers",
    "/desk/identity-providers/{provider_id}",
    "/desk/canned-replies",
    "/desk/canned-replies/{reply_id}",
    "/desk/views",
    "/desk/views/{view_id}",
    "/desk/workspace",
    "/desk/audit",
];

/// Refused only to who may call at all.
async fn wrong_method(_: Staff, method: Method) -> ApiError {
    ApiError::method_not_allowed(&method)
}

async fn nothing_here(_: Staff) -> DeskError {
    Error::NotFound.into()
}
