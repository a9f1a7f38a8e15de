//! What of an answer is kept for a repeat: enough to give it again byte for byte.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::app::idempotency::{Repeatable, kept, once};
use crate::domain::{Error, TicketId, Timestamp};
use crate::http::once::is_kept_or_checked;
use crate::http::problems::Place;
use crate::http::{ApiError, AppState, envelope};
use crate::storage::Tx;

/// A success without data, and the ticket that it made, if it did.
#[derive(Serialize, Deserialize)]
pub struct KeptAnswer {
    ticket: Option<TicketId>,
}

impl KeptAnswer {
    /// Nothing but the success.
    pub fn done() -> Self {
        Self { ticket: None }
    }

    /// The success of having made a ticket.
    pub fn created(ticket: TicketId) -> Self {
        Self { ticket: Some(ticket) }
    }

    fn encode(&self) -> Result<Vec<u8>, Error> {
        serde_json::to_vec(self).map_err(Error::internal)
    }

    /// The answer that `kept` says was given.
    ///
    /// # Errors
    /// When it was not encoded here.
    fn present(kept: &[u8], app: &AppState) -> Result<Response, ApiError> {
        let answer: Self = serde_json::from_slice(kept).map_err(Error::internal)?;
        let mut response = envelope::json(StatusCode::OK, envelope::EMPTY);
        if let Some(ticket) = answer.ticket {
            let location = app.link(&format!("/support/ticket/detailed-view/?ticket_id={ticket}"));
            let location = HeaderValue::try_from(location).map_err(Error::internal)?;
            response.headers_mut().insert(header::LOCATION, location);
            response.headers_mut().insert("x-ticket-id", ticket.0.into());
        }
        Ok(response)
    }
}

/// Looks, before anything is written, whether `request` was answered before or will be refused by `check`. Gives the
/// answer that was kept, if one was.
///
/// # Errors
/// What `check` gives, in the words of `place`; `Conflict::KeyReused` when the key was used with another body.
pub async fn kept_or_refused(
    app: &AppState,
    request: Option<Repeatable>,
    at: Timestamp,
    place: Place,
    check: impl Fn(&mut dyn Tx) -> Result<(), Error> + Send + 'static,
) -> Result<Option<Response>, ApiError> {
    let looked = is_kept_or_checked(app, request.as_ref(), at, check).await;
    let is_kept = looked.map_err(|error| ApiError::at(place, error))?;
    let Some(request) = request.filter(|_| is_kept) else { return Ok(None) };
    let found = app.store().write(move |tx| kept(tx, &request, at)).await;
    let kept = found.map_err(|error| ApiError::at(place, error))?;
    kept.map(|kept| KeptAnswer::present(&kept, app)).transpose()
}

/// Lets `effect` come to pass, once for all repeats of `request`, and presents its answer when it is durable.
///
/// # Errors
/// What `effect` gives, in the words of `place`.
pub async fn answer_once(
    app: &AppState,
    request: Option<Repeatable>,
    at: Timestamp,
    place: Place,
    effect: impl Fn(&mut dyn Tx) -> Result<KeptAnswer, Error> + Send + 'static,
) -> Result<Response, ApiError> {
    let written = app.store().write(move |tx| once(tx, request.as_ref(), at, |tx| effect(tx)?.encode())).await;
    let kept = written.map_err(|error| ApiError::at(place, error))?;
    KeptAnswer::present(&kept, app)
}
