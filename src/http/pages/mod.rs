//! What the staff's console and the requesters' help pages have in common: how pages are written, who is signed in, and
//! everything that keeps them safe, each of it once.

mod assets;
mod compression;
pub mod cookie;
pub mod error;
pub mod files;
pub mod filters;
mod headers;
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

use axum::routing::{get, post};
use axum::{Extension, Router, middleware};
use tower_http::catch_panic::CatchPanicLayer;

use super::{AppState, held_answers};
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
    headers::on(compression::on(pages))
}
