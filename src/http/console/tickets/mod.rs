//! The list of tickets, and a ticket beside it.

mod answer;
mod bulk;
mod change;
mod completions;
mod details;
mod files;
pub mod filter_names;
mod list;
mod load;
mod merge;
mod new;
mod palette;
mod presence;
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

use self::bulk::Bulk;
use self::details::Details;
pub use self::list::Choice;
use self::list::ListPane;
use self::load::load;
use self::query::{HOME_VIEW, ListQuery};
use self::timeline::Entry;
use super::error::PageError;
use super::frame::Frame;
use super::place::go_to;
use super::said::said_once;
use super::session::Signed;
use super::{filters, page};
use crate::app::desk::workplace::mark_seen;
use crate::domain::user::Requester;
use crate::domain::{EventId, TicketId};
use crate::http::AppState;
use crate::http::pages::once::new_key;
use crate::storage::queries::desk_tickets::DeskTicket;
use crate::storage::queries::workplace::Draft;

/// The pages.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/", get(home))
        .route("/tickets", get(show_list))
        .route("/tickets/bulk", post(bulk::change_all))
        .route("/tickets/new", get(new::form).post(new::open))
        .route("/requesters", get(new::requesters))
        .route("/tickets/{id}", get(show_ticket))
        .route("/tickets/{id}/answer", post(answer::answer))
        .route("/tickets/{id}/change", post(change::change))
        .route("/search", get(search::search))
        .route("/tickets/{id}/merge", post(merge::merge))
        .route("/tickets/{id}/presence", post(presence::be_present))
        .route("/views", post(saved_views::save))
        .route("/views/{id}/delete", post(saved_views::delete))
        .route("/attachments/{id}", get(files::file))
        .route("/attachments/{id}/picture", get(files::picture))
        .route("/completions", get(completions::completions))
        .route("/palette", get(palette::palette))
}

/// What is being written on a ticket, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Composer {
    pub comment: String,
    pub internal: bool,
    pub problems: Vec<String>,
}

impl From<Draft> for Composer {
    fn from(draft: Draft) -> Self {
        Self { comment: draft.body, internal: draft.internal, problems: Vec::new() }
    }
}

/// How a ticket's page comes up.
#[derive(Clone, Debug, Default)]
struct Opened {
    /// 200, if it is `None`.
    status: Option<StatusCode>,
    /// What was written and not taken; otherwise the draft is there.
    composer: Option<Composer>,
    /// What the composer's form is sent with; a new one, if it is `None`.
    key: Option<String>,
    /// Why something was not done.
    problems: Vec<String>,
}

impl Opened {
    /// After something that cannot be done.
    fn refused(problems: Vec<String>) -> Self {
        Self { status: Some(StatusCode::UNPROCESSABLE_ENTITY), problems, ..Self::default() }
    }
}

/// A list of tickets.
#[derive(Template)]
#[template(path = "console/tickets.html")]
struct ListPage {
    frame: Frame,
    list: ListPane,
    bulk: Option<Bulk>,
    last_event: EventId,
}

/// A ticket beside the list.
#[derive(Template)]
#[template(path = "console/ticket.html")]
struct TicketBeside {
    frame: Frame,
    list: ListPane,
    bulk: Option<Bulk>,
    details: Details,
    timeline: Vec<Entry>,
    composer: Composer,
    key: String,
    problems: Vec<String>,
    /// The list's query, to come back to it.
    query: String,
    /// The page of the ticket below this one in the list.
    next_ticket: String,
    last_event: EventId,
    /// The ticket's own last event.
    seen: EventId,
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
    let (list, bulk) = (ListPane::new(&loaded, None, now), Bulk::new(&loaded.directory, &staff));
    let page = ListPage { frame, list, bulk, last_event: loaded.last_event };
    Ok(said_once(page.frame.said.is_some(), page::html(StatusCode::OK, &page)))
}

/// `GET /desk/tickets/{id}`.
async fn show_ticket(
    State(app): State<AppState>,
    signed: Signed,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, PageError> {
    let query = ListQuery::parse(request.uri().query().unwrap_or_default(), &signed.requester());
    ticket_page(&app, &signed, request.headers(), ticket_id(&id)?, query, Opened::default()).await
}

/// The page of a ticket.
async fn ticket_page(
    app: &AppState,
    signed: &Signed,
    headers: &HeaderMap,
    ticket: TicketId,
    query: ListQuery,
    opened: Opened,
) -> Result<Response, PageError> {
    let now = app.clock().now();
    let staff = signed.requester();
    let mut loaded = load(app, staff, query, Some(ticket), now).await?;
    let draft = loaded.draft.take();
    let Some(page) = &loaded.page else { return Err(PageError::not_found()) };
    if page.ticket.is_unread() && !is_prefetch(headers) {
        note_seen(app, staff, &page.ticket);
    }
    let query = loaded.query.here();
    let here = format!("/desk/tickets/{ticket}?{query}");
    let list = ListPane::new(&loaded, Some(ticket), now);
    let beside = TicketBeside {
        frame: Frame::new(signed, headers, &loaded.views, Some(&loaded.view.word), here),
        next_ticket: list.below_current().unwrap_or_else(|| format!("/desk/tickets?{query}")),
        list,
        bulk: Bulk::new(&loaded.directory, &staff),
        details: Details::new(page, &loaded.directory, &staff, now),
        timeline: timeline::timeline(page, &loaded.directory, now),
        composer: opened.composer.or_else(|| draft.map(Composer::from)).unwrap_or_default(),
        key: opened.key.unwrap_or_else(|| new_key(app)),
        problems: opened.problems,
        query,
        last_event: loaded.last_event,
        seen: page.ticket.last_event,
    };
    Ok(said_once(beside.frame.said.is_some(), page::html(opened.status.unwrap_or(StatusCode::OK), &beside)))
}

/// Whether the browser only loads the page in case somebody goes there.
fn is_prefetch(headers: &HeaderMap) -> bool {
    headers.get("sec-purpose").is_some_and(|purpose| purpose.as_bytes().starts_with(b"prefetch"))
}

/// Has the ticket marked as seen. The page does not wait for it: the mark may come late, or not at all.
fn note_seen(app: &AppState, staff: Requester, ticket: &DeskTicket) {
    let (app, ticket, seen) = (app.clone(), ticket.id, ticket.last_event);
    tokio::spawn(async move {
        if let Err(error) = app.store().write(move |tx| mark_seen(tx, &staff, ticket, seen)).await {
            tracing::debug!(%error, "a ticket was not marked as seen");
        }
    });
}

/// The id in an address; what cannot be one names nothing.
fn ticket_id(given: &str) -> Result<TicketId, PageError> {
    let digits = given.bytes().all(|b| b.is_ascii_digit());
    given.parse().ok().filter(|_| digits).map(TicketId).ok_or_else(PageError::not_found)
}
