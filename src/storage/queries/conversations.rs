//! What is said on tickets.

use super::{Param, StorageError, Tx, statements};
use crate::domain::conversation::Visibility;
use crate::domain::{ConversationId, TicketId, Timestamp, UserId, WorkspaceId};
use crate::storage::Sequence;

statements! {
    INSERT = "INSERT INTO conversation (workspace_id, ticket_id, id, author_id, internal, created_at, comment)
              VALUES ($1, $2, $3, $4, $5, $6, $7)";
    PUBLIC_OF_TICKET = "SELECT c.id, c.comment, u.email FROM conversation c
              JOIN app_user u ON u.id = c.author_id AND u.workspace_id = c.workspace_id
              WHERE c.workspace_id = $1 AND c.ticket_id = $2 AND c.internal = FALSE ORDER BY c.id";
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
        each(ConversationOfTicket { id: ConversationId(row.int(0)?), comment: row.text(1)?, author: row.text(2)? });
        Ok(())
    })
}
