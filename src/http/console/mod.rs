//! The staff's console: pages at `/desk` that work without scripts, over the same use cases as the API.

mod assets;
mod compression;
pub mod cookie;
mod error;
mod filters;
mod frame;
mod headers;
mod icons;
mod look;
mod markdown;
mod once;
mod page;
mod people;
mod place;
mod problems;
mod said;
pub mod same_site;
mod session;
mod settings;
mod shortcuts;
mod sign_in;
pub mod texts;
mod tickets;
mod times;
mod views;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

use super::AppState;

/// The console's pages.
pub fn routes() -> Router<AppState> {
    let pages = tickets::routes()
        .merge(settings::routes())
        .route("/sign-in", get(sign_in::form).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/look", post(look::choose))
        .route("/shortcuts", post(shortcuts::choose))
        .route("/assets/{hash}/{name}", get(assets::asset))
        .fallback(error::not_found)
        .layer(same_site::layer())
        .layer(CatchPanicLayer::custom(error::panicked))
        .layer(middleware::from_fn(error::in_pages));
    Router::new().nest("/desk", headers::on(compression::on(pages)))
}
