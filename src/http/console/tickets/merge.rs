//! `POST /desk/tickets/{id}/merge`: the ticket lives on in another.

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;

use super::change::refused;
use super::ticket_id;
use crate::app::desk::merge_tickets::merge_tickets;
use crate::domain::{Error, Invalid, Problem, TicketId};
use crate::http::AppState;
use crate::http::console::error::PageError;
use crate::http::console::place::{Place, go_to};
use crate::http::console::said::Said;
use crate::http::console::session::Signed;
use crate::http::extract::Form;

/// The handler. The other ticket is named by its number, with or without the sign before it.
pub async fn merge(
    State(app): State<AppState>,
    signed: Signed,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    let ticket = ticket_id(&id)?;
    let next = Place::or_home(form.parameter("next"));
    let given = form.raw("into").unwrap_or_default();
    let (staff, at) = (signed.requester(), app.clock().now());
    let into = given.trim().trim_start_matches('#').parse().map(TicketId);
    let merged = match into {
        Ok(into) => {
            let merged = app.store().write(move |tx| merge_tickets(tx, &staff, ticket, into, None, at));
            merged.await.map(|_| into)
        }
        Err(_) => Err(Error::Invalid(Invalid::one("into", Problem::UnknownPk(given)))),
    };
    match merged {
        Ok(into) => {
            let mut response = go_to(&format!("/desk/tickets/{into}?{}", next.query()))?;
            response.headers_mut().extend([Said::of_ticket("merged", into).keep()]);
            Ok(response)
        }
        Err(Error::Invalid(invalid)) => refused(&app, &signed, &headers, ticket, &next, &invalid).await,
        Err(error) => Err(error.into()),
    }
}
