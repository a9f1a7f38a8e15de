//! What is said on tickets.

use super::{Param, StorageError, Tx, collect, search, statements, unexpected};
use crate::domain::conversation::Visibility;
use crate::domain::user::Role;
use crate::domain::{ConversationId, TicketId, Timestamp, UserId, WorkspaceId};
use crate::storage::Sequence;

statements! {
    INSERT = "INSERT INTO conversation (workspace_id, ticket_id, id, author_id, internal, created_at, comment)
              VALUES ($1, $2, $3, $4, $5, $6, $7)";
    PUBLIC_OF_TICKET = "SELECT c.id, c.comment, u.email, u.id, u.name, c.created_at FROM conversation c
              JOIN app_user u ON u.id = c.author_id AND u.workspace_id = c.workspace_id
              WHERE c.workspace_id = $1 AND c.ticket_id = $2 AND c.internal = FALSE ORDER BY c.id";
    ALL_OF_TICKET = "SELECT c.id, c.ticket_id, c.author_id, u.email, u.name, u.role, c.internal, c.created_at, c.comment
              FROM conversation c JOIN app_user u ON u.id = c.author_id AND u.workspace_id = c.workspace_id
              WHERE c.workspace_id = $1 AND c.ticket_id = $2 ORDER BY c.id";
}

/// A conversation to be added.
#[derive(Clone, Copy, Debug)]
pub struct NewConversation<'a> {
    pub workspace: WorkspaceId,
    pub ticket: TicketId,
    pub author: UserId,
    pub visibility: Visibility,
    pub comment: &'a str,
    pub at: Timestamp,
}

/// A conversation in a detailed view.
#[derive(Clone, Copy, Debug)]
pub struct ConversationOfTicket<'a> {
    pub id: ConversationId,
    pub comment: &'a str,
    /// The author's e-mail address.
    pub author: &'a str,
    pub author_id: UserId,
    /// Empty if it is not known.
    pub author_name: &'a str,
    pub created_at: Timestamp,
}

/// A conversation as the staff see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskConversation {
    pub id: ConversationId,
    pub ticket: TicketId,
    pub author: UserId,
    pub author_email: String,
    /// Empty if it is not known.
    pub author_name: String,
    pub author_is_staff: bool,
    pub visibility: Visibility,
    pub created_at: Timestamp,
    pub comment: String,
}

/// Adds a conversation to a ticket.
pub fn insert(tx: &mut dyn Tx, new: NewConversation<'_>) -> Result<ConversationId, StorageError> {
    let id = tx.next_id(Sequence::Conversation)?;
    let params = [
        Param::Int(new.workspace.0),
        Param::Int(new.ticket.0),
        Param::Int(id),
        Param::Int(new.author.0),
        Param::Bool(new.visibility.is_internal()),
        Param::Int(new.at.0),
        Param::Text(new.comment),
    ];
    tx.execute_later(INSERT, &params)?;
    search::add_conversation(tx, new.workspace, new.ticket, ConversationId(id), new.comment)?;
    Ok(ConversationId(id))
}

/// Hands each conversation of a ticket to `each`, oldest first, without internal notes.
pub fn public_of_ticket(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    ticket: TicketId,
    each: &mut dyn FnMut(ConversationOfTicket<'_>),
) -> Result<(), StorageError> {
    tx.query(PUBLIC_OF_TICKET, &[Param::Int(workspace.0), Param::Int(ticket.0)], &mut |row| {
        each(ConversationOfTicket {
            id: ConversationId(row.int(0)?),
            comment: row.text(1)?,
            author: row.text(2)?,
            author_id: UserId(row.int(3)?),
            author_name: row.text(4)?,
            created_at: Timestamp(row.int(5)?),
        });
        Ok(())
    })
}

/// All that was said on a ticket, notes included, oldest first.
pub fn all_of_ticket(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    ticket: TicketId,
) -> Result<Vec<DeskConversation>, StorageError> {
    collect(tx, ALL_OF_TICKET, &[Param::Int(workspace.0), Param::Int(ticket.0)], |row| {
        let role: Role = row.text(5)?.parse().map_err(|problem: String| unexpected(5, problem))?;
        Ok(DeskConversation {
            id: ConversationId(row.int(0)?),
            ticket: TicketId(row.int(1)?),
            author: UserId(row.int(2)?),
            author_email: row.text(3)?.to_owned(),
            author_name: row.text(4)?.to_owned(),
            author_is_staff: role.is_staff(),
            visibility: if row.bool(6)? { Visibility::Internal } else { Visibility::Public },
            created_at: Timestamp(row.int(7)?),
            comment: row.text(8)?.to_owned(),
        })
    })
}
