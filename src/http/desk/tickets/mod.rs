//! Tickets, as the staff's API presents them.

pub mod answer;
pub mod bulk;
pub mod change;
pub mod list;
pub mod merge;
pub mod open;
pub mod read;

use serde::Serialize;
use utoipa::ToSchema;

use super::body::Moment;
use crate::http::words::{PriorityWord, StatusWord};
use crate::storage::queries::desk_tickets::DeskTicket;

/// A ticket in a list, and at the head of its page.
#[derive(Serialize, ToSchema)]
#[schema(as = DeskTicket)]
pub struct TicketBody {
    id: i64,
    subject: String,
    /// The beginning of what was said last, internal notes aside
    preview: String,
    status: StatusWord,
    priority: PriorityWord,
    /// A category's id
    category: i64,
    /// Ids of tags
    tags: Vec<i64>,
    requester: RequesterBody,
    /// The id of the member of staff who works on it
    assignee: Option<i64>,
    /// A team's id
    team: Option<i64>,
    /// Whether its requester can neither close nor reopen it
    locked: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    snoozed_until: Option<Moment>,
    /// The id of the ticket that it was merged into
    merged_into: Option<i64>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Moment,
    /// The number of its last event, which is also its `ETag`
    version: i64,
    /// Whether something happened to it that the caller has not seen
    unread: bool,
}

/// Whose ticket it is.
#[derive(Serialize, ToSchema)]
#[schema(as = DeskRequester)]
struct RequesterBody {
    id: i64,
    email: String,
    /// Empty if it is not known
    name: String,
}

impl From<DeskTicket> for TicketBody {
    fn from(ticket: DeskTicket) -> Self {
        Self {
            unread: ticket.is_unread(),
            id: ticket.id.0,
            subject: ticket.subject,
            preview: ticket.preview,
            status: StatusWord(ticket.status),
            priority: PriorityWord(ticket.priority),
            category: ticket.category.0,
            tags: ticket.tags.into_iter().map(|tag| tag.0).collect(),
            requester: RequesterBody {
                id: ticket.requester.0,
                email: ticket.requester_email,
                name: ticket.requester_name,
            },
            assignee: ticket.assignee.map(|id| id.0),
            team: ticket.team.map(|id| id.0),
            locked: ticket.locked,
            snoozed_until: ticket.snoozed_until.map(Moment),
            merged_into: ticket.merged_into.map(|id| id.0),
            created_at: Moment(ticket.created_at),
            updated_at: Moment(ticket.updated_at),
            version: ticket.last_event.0,
        }
    }
}
