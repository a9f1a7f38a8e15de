//! A customer reads a ticket on a page: what endpoint 6 reads, and what they can do with it now.

use super::change_status::may_ask;
use super::reply::status_after;
use super::view_ticket::{TicketReader, view_ticket};
use crate::domain::ticket::StatusRequest;
use crate::domain::user::Requester;
use crate::domain::{CategoryId, ConversationId, Error, Priority, Status, TagId, TicketId, Timestamp, UserId};
use crate::storage::Tx;
use crate::storage::queries::attachments::AttachmentOfTicket;
use crate::storage::queries::conversations::ConversationOfTicket;
use crate::storage::queries::tickets::TicketView;
use crate::storage::queries::{catalogue, workspaces};

/// A ticket of the caller's own.
#[derive(Clone, Debug)]
pub struct OwnTicket {
    pub id: TicketId,
    pub subject: String,
    pub comment: String,
    pub status: Status,
    pub priority: Priority,
    /// What its category is called.
    pub category: String,
    pub created_at: Timestamp,
    /// Whether staff keep its status.
    pub locked: bool,
    /// The ticket that it was merged into.
    pub merged_into: Option<TicketId>,
    /// From the oldest on.
    pub replies: Vec<Reply>,
    pub attachments: Vec<AttachmentOfTicket>,
    /// What can be asked of its status now.
    pub may_ask: Option<StatusRequest>,
    /// Whether a reply opens it again.
    pub reply_reopens: bool,
}

/// Something that was said on it.
#[derive(Clone, Debug)]
pub struct Reply {
    pub id: ConversationId,
    pub author: UserId,
    /// Empty if it is not known.
    pub author_name: String,
    pub at: Timestamp,
    pub comment: String,
}

/// Reads the caller's ticket, without what staff say among themselves.
///
/// # Errors
/// [`Error::NotFound`], one and the same, when there is no such ticket and when it is another's.
pub fn read_own_ticket(tx: &mut dyn Tx, caller: &Requester, id: TicketId) -> Result<OwnTicket, Error> {
    let mut reader = Collector(None);
    match view_ticket(tx, caller, &Ok(Some(id.0)), &mut reader) {
        Err(Error::InvalidTicket(_)) => return Err(Error::NotFound),
        read => read?,
    }
    let (mut ticket, category) = reader.0.ok_or(Error::NotFound)?;
    let names = catalogue::category_names(tx, caller.workspace)?;
    let workspace = workspaces::by_id(tx, caller.workspace)?.ok_or(Error::NotFound)?;
    ticket.category = names.into_iter().find(|(id, _)| *id == category).map(|(_, name)| name).unwrap_or_default();
    ticket.reply_reopens = status_after(&workspace, ticket.status, ticket.locked) != ticket.status;
    Ok(ticket)
}

/// What has been read so far, and the ticket's category.
struct Collector(Option<(OwnTicket, CategoryId)>);

impl TicketReader for Collector {
    fn ticket(&mut self, ticket: &TicketView<'_>, _: &[TagId], _: &str) {
        let read = OwnTicket {
            id: ticket.id,
            subject: ticket.subject.to_owned(),
            comment: ticket.comment.to_owned(),
            status: ticket.status,
            priority: ticket.priority,
            category: String::new(),
            created_at: ticket.created_at,
            locked: ticket.locked,
            merged_into: ticket.merged_into,
            replies: Vec::new(),
            attachments: Vec::new(),
            may_ask: may_ask(ticket.status, ticket.locked),
            reply_reopens: false,
        };
        self.0 = Some((read, ticket.category));
    }

    fn conversation(&mut self, _: TicketId, said: &ConversationOfTicket<'_>) {
        let reply = Reply {
            id: said.id,
            author: said.author_id,
            author_name: said.author_name.to_owned(),
            at: said.created_at,
            comment: said.comment.to_owned(),
        };
        self.0.iter_mut().for_each(|(ticket, _)| ticket.replies.push(reply.clone()));
    }

    fn attachments(&mut self, attachments: &[AttachmentOfTicket]) {
        self.0.iter_mut().for_each(|(ticket, _)| ticket.attachments = attachments.to_vec());
    }
}
