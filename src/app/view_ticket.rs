//! Endpoint 6: a customer reads a ticket with all that was said on it.

use super::own_ticket::{Ownership, ownership};
use crate::domain::user::Requester;
use crate::domain::{Checked, Error, Invalid, Problem, TagId, TicketId};
use crate::storage::Tx;
use crate::storage::queries::attachments::AttachmentOfTicket;
use crate::storage::queries::conversations::ConversationOfTicket;
use crate::storage::queries::tickets::{TicketKey, TicketView};
use crate::storage::queries::{attachments, catalogue, conversations, tickets};

/// What a detailed view is told, in this order: the tags, the ticket with its author's e-mail address, each
/// conversation from the oldest on, the attachments.
pub trait TicketReader {
    /// The ticket itself, its tags and its author.
    fn ticket(&mut self, ticket: &TicketView<'_>, tags: &[TagId], author: &str);
    /// One conversation.
    fn conversation(&mut self, ticket: TicketId, conversation: &ConversationOfTicket<'_>);
    /// All attachments.
    fn attachments(&mut self, attachments: &[AttachmentOfTicket]);
}

/// Reads the caller's ticket to `reader`. Internal notes, and their attachments, stay unread.
///
/// # Errors
/// [`Error::InvalidTicket`] when the number is missing, malformed, unknown or another's.
pub fn view_ticket(
    tx: &mut dyn Tx,
    caller: &Requester,
    number: &Checked<Option<i64>>,
    reader: &mut dyn TicketReader,
) -> Result<(), Error> {
    let refuse = |problem| Error::InvalidTicket(Invalid::one("ticket", problem));
    let number = match number {
        Ok(number) => *number,
        Err(problems) => {
            let mut invalid = Invalid::default();
            invalid.take::<()>("ticket", Err(problems.clone()));
            return Err(Error::InvalidTicket(invalid));
        }
    };
    let Some(id) = number.map(TicketId) else { return Err(refuse(Problem::IdNotValid)) };
    // Nearly every view is of a ticket of one's own, so that is looked for first.
    let key = TicketKey { workspace: caller.workspace, requester: caller.user, id };
    let tags = catalogue::tags_of_ticket(tx, key.workspace, key.id)?;
    if !tickets::view(tx, key, &mut |ticket, author| reader.ticket(&ticket, &tags, author))? {
        return Err(refuse(match ownership(tx, caller, number)? {
            Ownership::Anothers => Problem::NotTheOwner,
            Ownership::Own(_) | Ownership::Unknown => Problem::IdNotValid,
        }));
    }
    conversations::public_of_ticket(tx, key.workspace, key.id, &mut |conversation| {
        reader.conversation(key.id, &conversation);
    })?;
    let attachments = attachments::visible_of_ticket(tx, key.workspace, key.id)?;
    reader.attachments(&attachments);
    Ok(())
}
