//! What of an answer is kept for a repeat: enough to give it again byte for byte.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::domain::{Error, TicketId};
use crate::http::{ApiError, AppState, envelope};

/// A success without data, and the ticket that it made, if it did.
#[derive(Serialize, Deserialize)]
pub struct KeptAnswer {
    ticket: Option<TicketId>,
}

impl KeptAnswer {
    /// Nothing but the success.
    pub fn done() -> Result<Vec<u8>, Error> {
        Self { ticket: None }.encode()
    }

    /// The success of having made a ticket.
    pub fn created(ticket: TicketId) -> Result<Vec<u8>, Error> {
        Self { ticket: Some(ticket) }.encode()
    }

    fn encode(&self) -> Result<Vec<u8>, Error> {
        serde_json::to_vec(self).map_err(Error::internal)
    }

    /// The answer that `kept` says was given.
    ///
    /// # Errors
    /// When it was not encoded here.
    pub fn present(kept: &[u8], app: &AppState) -> Result<Response, ApiError> {
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
