//! One ticket with all that belongs to it, as it is or as it was.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::TicketBody;
use crate::app::desk::read_ticket::{TicketPage, read_ticket};
use crate::domain::user::Requester;
use crate::domain::{Error, EventId, TicketId};
use crate::http::AppState;
use crate::http::desk::body::Moment;
use crate::http::desk::caller::Staff;
use crate::http::desk::events::EventBody;
use crate::http::desk::id::Id;
use crate::http::desk::kept::Answer;
use crate::http::desk::params::Params;
use crate::http::desk::problem::DeskError;
use crate::storage::Tx;
use crate::storage::queries::attachments::DeskAttachment;
use crate::storage::queries::conversations::DeskConversation;
use crate::storage::queries::desk_tickets::MergedTicket;

/// A ticket with all that belongs to it.
#[derive(Serialize, ToSchema)]
#[schema(as = DeskTicketPage)]
pub struct PageBody {
    #[serde(flatten)]
    ticket: TicketBody,
    /// What its requester wrote when they opened it
    comment: String,
    /// Tickets that were merged into this one; what was said on them is among the conversations
    merged: Vec<MergedBody>,
    /// Replies and internal notes, oldest first
    conversations: Vec<ConversationBody>,
    attachments: Vec<AttachmentBody>,
    /// What happened to it, oldest first
    history: Vec<EventBody>,
}

/// A ticket that was merged into this one.
#[derive(Serialize, ToSchema)]
#[schema(as = MergedTicket)]
struct MergedBody {
    id: i64,
    subject: String,
    /// What its requester wrote when they opened it
    comment: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
}

impl From<MergedTicket> for MergedBody {
    fn from(merged: MergedTicket) -> Self {
        Self {
            id: merged.id.0,
            subject: merged.subject,
            comment: merged.comment,
            created_at: Moment(merged.created_at),
        }
    }
}

/// A reply or an internal note.
#[derive(Serialize, ToSchema)]
#[schema(as = DeskConversation)]
struct ConversationBody {
    id: i64,
    /// The ticket that it was said on: this one, or one that was merged into it
    ticket: i64,
    author: AuthorBody,
    /// Whether only staff may read it
    internal: bool,
    comment: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DeskAuthor)]
struct AuthorBody {
    id: i64,
    email: String,
    /// Empty if it is not known
    name: String,
    staff: bool,
}

/// A file.
#[derive(Serialize, ToSchema)]
#[schema(as = DeskAttachment)]
struct AttachmentBody {
    id: i64,
    ticket: i64,
    /// The conversation that it came with; null if it came with the ticket
    conversation: Option<i64>,
    name: String,
    /// Bytes
    size: i64,
    content_type: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
}

impl From<DeskConversation> for ConversationBody {
    fn from(said: DeskConversation) -> Self {
        Self {
            id: said.id.0,
            ticket: said.ticket.0,
            author: AuthorBody {
                id: said.author.0,
                email: said.author_email,
                name: said.author_name,
                staff: said.author_is_staff,
            },
            internal: said.visibility.is_internal(),
            comment: said.comment,
            created_at: Moment(said.created_at),
        }
    }
}

impl From<DeskAttachment> for AttachmentBody {
    fn from(file: DeskAttachment) -> Self {
        Self {
            id: file.id.0,
            ticket: file.ticket.0,
            conversation: file.conversation.map(|id| id.0),
            name: file.name,
            size: file.size,
            content_type: file.content_type,
            created_at: Moment(file.created_at),
        }
    }
}

impl TryFrom<TicketPage> for PageBody {
    type Error = Error;

    fn try_from(page: TicketPage) -> Result<Self, Error> {
        Ok(Self {
            ticket: page.ticket.into(),
            comment: page.comment,
            merged: page.merged.into_iter().map(MergedBody::from).collect(),
            conversations: page.conversations.into_iter().map(ConversationBody::from).collect(),
            attachments: page.attachments.into_iter().map(AttachmentBody::from).collect(),
            history: page.events.into_iter().map(EventBody::try_from).collect::<Result<_, _>>()?,
        })
    }
}

/// The answer that shows a ticket as it is, with its version.
///
/// # Errors
/// As [`read_ticket`].
pub fn page(tx: &mut dyn Tx, staff: &Requester, ticket: TicketId, seen: Option<EventId>) -> Result<Answer, Error> {
    let page = read_ticket(tx, staff, ticket, seen)?;
    let version = page.ticket.last_event;
    Ok(Answer::ok(&PageBody::try_from(page)?)?.with_version(version))
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct ReadParameters {
    /// As it was right after the event with this number
    at: Option<i64>,
}

/// Read a ticket
///
/// With its conversations, notes, files and history; with `at`, as it was.
#[utoipa::path(get, path = "/desk/tickets/{ticket_id}", tag = "Desk: tickets",
    params(("ticket_id" = i64, Path), ReadParameters),
    responses((status = 200, description = "The ticket; `ETag` is its version", body = PageBody)))]
pub async fn read(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(ticket)): Path<Id>,
    params: Params,
) -> Result<Response, DeskError> {
    let seen = params.only(&["at"])?.number("at")?.map(EventId);
    let answer = app.store().read_anywhere(move |tx| page(tx, &staff.0, TicketId(ticket), seen)).await?;
    Ok(answer.present(&app))
}
