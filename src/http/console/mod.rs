//! The staff's console: pages at `/desk` that work without scripts, over the same use cases as the API.

mod frame;
mod session;
mod settings;
mod shortcuts;
mod tickets;
mod views;

use axum::Router;
use axum::routing::post;

use super::AppState;
use super::pages::{
    self, cookie, error, files, filters, look, markdown, once, page, people, place, problems, said, texts, times,
};
use crate::app::browser_session::Door;

/// The console's pages.
pub fn routes(app: &AppState) -> Router<AppState> {
    let pages = tickets::routes().merge(settings::routes()).route("/shortcuts", post(shortcuts::choose));
    pages::behind(Door::Desk, app, pages)
}
