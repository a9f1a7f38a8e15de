//! `POST /desk/tickets/{id}/presence`: who looks at a ticket says so, and is told who else does.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;

use super::ticket_id;
use crate::app::desk::workplace;
use crate::domain::EventId;
use crate::http::AppState;
use crate::http::console::error::PageError;
use crate::http::console::people::Person;
use crate::http::console::session::Signed;
use crate::http::console::{filters, page};
use crate::http::extract::Form;

/// Who else is there.
#[derive(Template)]
#[template(path = "console/parts/presence.html")]
struct Others {
    others: Vec<Other>,
}

struct Other {
    person: Person,
    writing: bool,
}

/// The handler. `state` is `looking`, `writing` or `gone`; `seen` is the last event on the page that is looked at.
pub async fn be_present(
    State(app): State<AppState>,
    signed: Signed,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let ticket = ticket_id(&id)?;
    let state = form.parameter("state").unwrap_or_default();
    let writing = (state != "gone").then_some(state == "writing");
    let seen = form.parameter("seen").and_then(|seen| seen.parse().ok()).map(EventId);
    let (staff, at) = (signed.requester(), app.clock().now());
    let others = app
        .store()
        .write(move |tx| {
            if let Some(seen) = seen {
                workplace::mark_seen(tx, &staff, ticket, seen)?;
            }
            workplace::be_present(tx, &staff, ticket, writing, at)
        })
        .await?;
    let others = others
        .into_iter()
        .map(|other| Other { person: Person::new(&other.name, &other.email), writing: other.writing });
    Ok(page::html(StatusCode::OK, &Others { others: others.collect() }))
}
