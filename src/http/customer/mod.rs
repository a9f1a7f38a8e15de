//! The customer API: the eleven endpoints of the contract, a file each.

pub mod catalogue;
pub mod change_status;
pub mod create_ticket;
pub mod detailed_view;
pub mod download;
pub mod history;
mod kept_answer;
pub mod log_in;
pub mod refresh;
pub mod reply;
pub mod update_ticket;
pub mod uploads;

use axum::Router;
use axum::middleware;
use axum::routing::{MethodRouter, get, post};
use http::Method;

use super::extract::{Caller, CatalogueCaller, Client};
use super::{ApiError, AppState, held_answers};

pub use catalogue::CatalogueCache;

/// An endpoint and the paths that it answers on, the canonical one first. They are without final slash, which
/// `TidyPath` takes away.
pub struct Route {
    pub paths: &'static [&'static str],
}

pub const CATEGORY_LIST: Route = Route { paths: &["/support/get/category-list", "/get/support-ticket/catogory-list"] };
pub const CREATE_TICKET: Route = Route { paths: &["/support/create/ticket", "/creat/support/ticket"] };
pub const HISTORY: Route = Route { paths: &["/support/get/ticket/history", "/get/ticket/history"] };
pub const TAGS: Route = Route { paths: &["/support/get/ticket/tags", "/get/ticket/tags"] };
pub const UPDATE_TICKET: Route = Route { paths: &["/support/update/ticket", "/update/support/ticket"] };
pub const DETAILED_VIEW: Route = Route { paths: &["/support/ticket/detailed-view"] };
pub const DOWNLOAD: Route = Route { paths: &["/support/ticket/download/{attachment_id}"] };
pub const CONVERSATION: Route = Route { paths: &["/support/ticket/conversation"] };
pub const STATUS: Route = Route { paths: &["/support/ticket/status"] };
pub const LOG_IN: Route = Route { paths: &["/user/login"] };
pub const REFRESH: Route = Route { paths: &["/user/token/refresh"] };

/// All of them, in the contract's order.
pub const ROUTES: [Route; 11] = [
    CATEGORY_LIST,
    CREATE_TICKET,
    HISTORY,
    TAGS,
    UPDATE_TICKET,
    DETAILED_VIEW,
    DOWNLOAD,
    CONVERSATION,
    STATUS,
    LOG_IN,
    REFRESH,
];

/// The endpoints, below the API's base.
pub fn routes(app: &AppState) -> Router<AppState> {
    let of_catalogue = |endpoint: MethodRouter<AppState>| endpoint.fallback(wrong_method_for_catalogue_caller);
    let of_user = |endpoint: MethodRouter<AppState>| endpoint.fallback(wrong_method_for_caller);
    let of_client = |endpoint: MethodRouter<AppState>| endpoint.fallback(wrong_method_for_client);
    [
        (CATEGORY_LIST, of_catalogue(get(catalogue::category_list))),
        (CREATE_TICKET, of_user(post(create_ticket::create_ticket))),
        (HISTORY, of_user(get(history::history))),
        (TAGS, of_catalogue(get(catalogue::tag_list))),
        (UPDATE_TICKET, of_user(post(update_ticket::update_ticket))),
        (DETAILED_VIEW, of_user(get(detailed_view::detailed_view))),
        (DOWNLOAD, of_user(get(download::download))),
        (CONVERSATION, of_user(post(reply::reply))),
        (STATUS, of_user(post(change_status::change_status))),
        (LOG_IN, of_client(post(log_in::log_in))),
        (REFRESH, of_client(post(refresh::refresh))),
    ]
    .into_iter()
    .flat_map(|(route, endpoint)| route.paths.iter().map(move |path| (*path, endpoint.clone())))
    .fold(Router::new(), |router, (path, endpoint)| router.route(path, endpoint))
    .layer(middleware::from_fn_with_state(app.clone(), held_answers::bound))
}

/// A wrong method is refused only to who may call at all (contract, "Bodies": the order of checks).
async fn wrong_method_for_caller(_: Caller, method: Method) -> ApiError {
    ApiError::method_not_allowed(&method)
}

async fn wrong_method_for_catalogue_caller(_: CatalogueCaller, method: Method) -> ApiError {
    ApiError::method_not_allowed(&method)
}

async fn wrong_method_for_client(_: Client, method: Method) -> ApiError {
    ApiError::method_not_allowed(&method)
}
