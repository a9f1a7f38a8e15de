//! What the staff's console and the requesters' help pages have in common: how pages are written, who is signed in, and
//! everything that keeps them safe, each of it once.

mod assets;
mod compression;
pub mod cookie;
pub mod error;
pub mod files;
pub mod filters;
mod icons;
pub mod look;
pub mod markdown;
pub mod once;
pub mod page;
pub mod people;
pub mod place;
pub mod problems;
pub mod said;
pub mod same_site;
pub mod session;
mod sign_in;
pub mod texts;
pub mod times;

use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router, middleware};
use http::{HeaderName, HeaderValue, header};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use super::{AppState, held_answers, security_headers};
use crate::app::browser_session::Door;

/// The pages behind `door`, with its sign-in and with all that keeps them safe.
pub fn behind(door: Door, app: &AppState, pages: Router<AppState>) -> Router<AppState> {
    let pages = pages
        .route("/sign-in", get(sign_in::form).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/look", post(look::choose));
    Router::new().nest(place::home(door), guarded(door, app, pages))
}

/// The files that all pages need.
pub fn assets(app: &AppState) -> Router<AppState> {
    let files = Router::new().route("/{hash}/{name}", get(assets::asset));
    Router::new().nest("/assets", guarded(Door::Help, app, files))
}

/// `pages`, with every refusal a page and every answer strict.
fn guarded(door: Door, app: &AppState, pages: Router<AppState>) -> Router<AppState> {
    let pages = pages
        .fallback(error::not_found)
        .layer(same_site::layer())
        .layer(middleware::from_fn_with_state(app.clone(), held_answers::bound))
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(middleware::from_fn_with_state(door, error::in_pages))
        .layer(Extension(door));
    security_headers::on_pages(speculating(compression::on(pages)))
}

/// `routes` whose pages tell the browser where it learns which others to fetch before they are asked for.
fn speculating<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    let rules = HeaderValue::try_from(format!("\"{}\"", assets::address("prefetch.json"))).ok();
    let of_page = move |answer: &Response| rules.clone().filter(|_| is_page(answer));
    routes.layer(SetResponseHeaderLayer::if_not_present(HeaderName::from_static("speculation-rules"), of_page))
}

fn is_page(answer: &Response) -> bool {
    answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}
