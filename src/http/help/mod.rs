//! The requesters' own pages at `/help`, which work without scripts, over the use cases of the customer API.

mod files;
mod frame;
mod list;
mod new_ticket;
mod session;
mod ticket;

use axum::Router;
use axum::routing::{get, post};

use super::AppState;
use super::pages;
use crate::app::browser_session::Door;

/// The pages.
pub fn routes(app: &AppState) -> Router<AppState> {
    let pages = Router::new()
        .route("/", get(list::list))
        .route("/new", get(new_ticket::form).post(new_ticket::open))
        .route("/tickets/{id}", get(ticket::show))
        .route("/tickets/{id}/reply", post(ticket::reply))
        .route("/tickets/{id}/status", post(ticket::change_status))
        .route("/attachments/{id}", get(files::file))
        .route("/attachments/{id}/picture", get(files::picture));
    pages::behind(Door::Help, app, pages)
}
