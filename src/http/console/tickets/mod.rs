//! The list of tickets, and a ticket beside it.

mod answer;
mod change;
mod details;
mod files;
mod list;
mod load;
mod query;
mod saved_views;
mod search;
mod timeline;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};

use self::details::Details;
use self::list::ListPane;
use self::load::load;
use self::query::{HOME_VIEW, ListQuery};
use self::timeline::Entry;
use super::error::PageError;
use super::frame::Frame;
use super::place::go_to;
use super::said::Said;
use super::session::Signed;
use super::{filters, page};
use crate::domain::TicketId;
use crate::http::AppState;

/// The pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(home))
        .route("/tickets", get(show_list))
        .route("/tickets/{id}", get(show_ticket))
        .route("/tickets/{id}/answer", post(answer::answer))
        .route("/tickets/{id}/change", post(change::change))
        .route("/search", get(search::search))
        .route("/views", post(saved_views::save))
        .route("/views/{id}/delete", post(saved_views::delete))
        .route("/attachments/{id}", get(files::file))
        .route("/attachments/{id}/picture", get(files::picture))
}

/// What is being written on a ticket, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Composer {
    pub comment: String,
    pub internal: bool,
    pub problems: Vec<String>,
}

/// A list of tickets.
#[derive(Template)]
#[template(path = "console/tickets.html")]
struct ListPage {
    frame: Frame,
    list: ListPane,
}

/// A ticket beside the list.
#[derive(Template)]
#[template(path = "console/ticket.html")]
struct TicketBeside {
    frame: Frame,
    list: ListPane,
    details: Details,
    timeline: Vec<Entry>,
    composer: Composer,
    /// The list's query, to come back to it.
    query: String,
}

/// `GET /desk`.
async fn home(_: Signed) -> Result<Response, PageError> {
    go_to(&format!("/desk/tickets?view={HOME_VIEW}"))
}

/// `GET /desk/tickets`.
async fn show_list(State(app): State<AppState>, signed: Signed, request: Request) -> Result<Response, PageError> {
    let staff = signed.requester();
    let query = ListQuery::parse(request.uri().query().unwrap_or_default(), &staff);
    let now = app.clock().now();
    let loaded = load(&app, staff, query, None, now).await?;
    let here = format!("/desk/tickets?{}", loaded.query.here());
    let frame = Frame::new(&signed, request.headers(), &loaded.views, Some(&loaded.view.word), here);
    let list = ListPane::new(&loaded, None, now);
    Ok(said_once(frame.said.is_some(), page::html(StatusCode::OK, &ListPage { frame, list })))
}

/// `GET /desk/tickets/{id}`.
async fn show_ticket(
    State(app): State<AppState>,
    signed: Signed,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, PageError> {
    let query = ListQuery::parse(request.uri().query().unwrap_or_default(), &signed.requester());
    ticket_page(&app, &signed, request.headers(), ticket_id(&id)?, query, StatusCode::OK, Composer::default()).await
}

/// The page of a ticket, with something written already.
async fn ticket_page(
    app: &AppState,
    signed: &Signed,
    headers: &HeaderMap,
    ticket: TicketId,
    query: ListQuery,
    status: StatusCode,
    composer: Composer,
) -> Result<Response, PageError> {
    let now = app.clock().now();
    let staff = signed.requester();
    let loaded = load(app, staff, query, Some(ticket), now).await?;
    let Some(page) = &loaded.page else { return Err(PageError::not_found()) };
    let query = loaded.query.here();
    let here = format!("/desk/tickets/{ticket}?{query}");
    let beside = TicketBeside {
        frame: Frame::new(signed, headers, &loaded.views, Some(&loaded.view.word), here),
        list: ListPane::new(&loaded, Some(ticket), now),
        details: Details::new(page, &loaded.directory, &staff, now),
        timeline: timeline::timeline(page, &loaded.directory, now),
        composer,
        query,
    };
    Ok(said_once(beside.frame.said.is_some(), page::html(status, &beside)))
}

/// The id in an address; what cannot be one names nothing.
fn ticket_id(given: &str) -> Result<TicketId, PageError> {
    let digits = given.bytes().all(|b| b.is_ascii_digit());
    given.parse().ok().filter(|_| digits).map(TicketId).ok_or_else(PageError::not_found)
}

/// `response`, after which what it says was done is not said again.
fn said_once(says: bool, mut response: Response) -> Response {
    if says {
        let (name, value) = Said::forget();
        response.headers_mut().append(name, value);
    }
    response
}
