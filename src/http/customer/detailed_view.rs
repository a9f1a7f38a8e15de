//! Endpoint 6: a ticket with all that was said on it.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::view_ticket::{TicketReader, view_ticket};
use crate::domain::{TagId, TicketId};
use crate::http::extract::{Caller, QueryForm};
use crate::http::problems::Place;
use crate::http::{ApiError, AppState, envelope};
use crate::storage::queries::attachments::AttachmentOfTicket;
use crate::storage::queries::conversations::ConversationOfTicket;
use crate::storage::queries::tickets::TicketView;

/// What a ticket with a few conversations takes, more or less.
const USUAL_BYTES: usize = 2 * 1024;

#[derive(Serialize, ToSchema)]
#[schema(as = Ticket)]
pub struct TicketDetail<'a> {
    #[schema(example = 7)]
    id: i64,
    subject: &'a str,
    /// `1` Low, `2` Medium, `3` High
    #[schema(example = "2")]
    priority: &'static str,
    #[schema(example = 1)]
    category: i64,
    comment: &'a str,
    /// `1` Open, `2` Processing, `3` Closed
    #[schema(example = "1")]
    status: &'static str,
    #[schema(value_type = Vec<i64>)]
    tags: &'a [TagId],
}

#[derive(Serialize, ToSchema)]
#[schema(as = Conversation)]
pub struct ConversationItem<'a> {
    id: i64,
    ticket: i64,
    comment: &'a str,
    /// The author's e-mail address
    author: &'a str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Attachment)]
pub struct AttachmentItem {
    id: i64,
    /// Null for a file that came with the ticket itself
    conversation_id: Option<i64>,
}

/// Read a ticket
///
/// The ticket, what was said on it from the oldest on, and its files. `ticket_id` is read from the query string, else
/// from a body of any of the three kinds.
#[utoipa::path(get, path = "/support/ticket/detailed-view/", tag = "Tickets",
    params(("ticket_id" = i64, Query, description = "The ticket's id", example = 1)),
    responses((status = 200, description = "The ticket", body = crate::http::docs::DetailedViewAnswer)))]
pub async fn detailed_view(
    State(app): State<AppState>,
    caller: Caller,
    QueryForm(form): QueryForm,
) -> Result<Response, ApiError> {
    let number = form.plain_id("ticket_id");
    let requester = caller.requester;
    let read = app.store().read_anywhere(move |tx| {
        envelope::success(USUAL_BYTES, |data| {
            view_ticket(tx, &requester, &number, &mut JsonWriter { data, conversations: 0 })
        })
    });
    let (body, ()) = read.await.map_err(|error| ApiError::at(Place::DetailedView, error))?;
    Ok(envelope::json(StatusCode::OK, body))
}

/// Writes what it is told as the answer's `data`.
struct JsonWriter<'b> {
    data: &'b mut Vec<u8>,
    conversations: usize,
}

impl TicketReader for JsonWriter<'_> {
    fn ticket(&mut self, ticket: &TicketView<'_>, tags: &[TagId], author: &str) {
        self.data.extend_from_slice(br#"{"ticket":"#);
        let detail = TicketDetail {
            id: ticket.id.0,
            subject: ticket.subject,
            priority: ticket.priority.code(),
            category: ticket.category.0,
            comment: ticket.comment,
            status: ticket.status.code(),
            tags,
        };
        envelope::push_json(self.data, &detail);
        self.data.extend_from_slice(br#","author":"#);
        envelope::push_json(self.data, author);
        self.data.extend_from_slice(br#","conversations":["#);
    }

    fn conversation(&mut self, ticket: TicketId, conversation: &ConversationOfTicket<'_>) {
        if self.conversations > 0 {
            self.data.push(b',');
        }
        self.conversations += 1;
        let item = ConversationItem {
            id: conversation.id.0,
            ticket: ticket.0,
            comment: conversation.comment,
            author: conversation.author,
        };
        envelope::push_json(self.data, &item);
    }

    fn attachments(&mut self, attachments: &[AttachmentOfTicket]) {
        self.data.extend_from_slice(br#"],"attachments":"#);
        envelope::push_list(self.data, attachments, |data, attachment| {
            let item = AttachmentItem { id: attachment.id.0, conversation_id: attachment.conversation.map(|id| id.0) };
            envelope::push_json(data, &item);
        });
        self.data.push(b'}');
    }
}
