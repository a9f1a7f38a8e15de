//! A member of staff says something on a ticket: to the requester, or to colleagues alone.

use super::blob_deletion::attach;
use crate::domain::attachment::StoredFile;
use crate::domain::conversation::Visibility;
use crate::domain::event::{Change, Event};
use crate::domain::ticket::{Happening, next_status};
use crate::domain::user::Requester;
use crate::domain::{ConversationId, Error, TicketId, Timestamp};
use crate::storage::Tx;
use crate::storage::queries::conversations::NewConversation;
use crate::storage::queries::tickets::TicketKey;
use crate::storage::queries::{conversations, events, tickets};

/// Adds a conversation with `files`, whose bytes are stored already. A public one makes an open ticket Processing.
///
/// # Errors
/// [`Error::Forbidden`] to customers, [`Error::NotFound`] when the workspace has no such ticket, [`Error::Busy`] when the
/// files' bytes were deleted since.
pub fn answer_ticket(
    tx: &mut dyn Tx,
    staff: &Requester,
    ticket: TicketId,
    visibility: Visibility,
    comment: &str,
    files: &[StoredFile],
    at: Timestamp,
) -> Result<ConversationId, Error> {
    let key = staff_key(tx, staff, ticket)?;
    let state = tickets::touch(tx, key, at)?.ok_or(Error::NotFound)?;
    let new = NewConversation { workspace: key.workspace, ticket, author: staff.user, visibility, comment, at };
    let conversation = conversations::insert(tx, new)?;
    attach(tx, key.workspace, ticket, Some(conversation), files, at)?;
    let event = |change| Event { workspace: key.workspace, ticket, actor: staff.user, at, change };
    if visibility.is_internal() {
        events::append(tx, &event(Change::Noted { conversation }))?;
        return Ok(conversation);
    }
    events::append(tx, &event(Change::Replied { conversation }))?;
    if let Ok(after) = next_status(state.status, Happening::StaffWorks)
        && after != state.status
    {
        tickets::set_status(tx, key, state.status, after)?;
        events::append(tx, &event(Change::StatusChanged { before: state.status, after }))?;
    }
    Ok(conversation)
}

/// The ticket `id` to a member of staff, who may reach any of the workspace.
///
/// # Errors
/// [`Error::Forbidden`] to customers, [`Error::NotFound`] when the workspace has no such ticket.
pub fn staff_key(tx: &mut dyn Tx, staff: &Requester, id: TicketId) -> Result<TicketKey, Error> {
    if !staff.role.is_staff() {
        return Err(Error::Forbidden);
    }
    let requester = tickets::requester(tx, staff.workspace, id)?.ok_or(Error::NotFound)?;
    Ok(TicketKey { workspace: staff.workspace, requester, id })
}
