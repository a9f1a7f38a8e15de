//! A member of staff says something on a ticket: to the requester, or to colleagues alone.

use super::change_ticket::{is_unmerged, seen_now, unmerged};
use super::reach;
use super::rights::Right;
use crate::app::blob_deletion::attach;
use crate::domain::attachment::StoredFile;
use crate::domain::conversation::Visibility;
use crate::domain::event::{Change, Event};
use crate::domain::ticket::{Happening, Held, next_status};
use crate::domain::user::Requester;
use crate::domain::{ConversationId, Error, EventId, Status, TicketId, Timestamp};
use crate::storage::queries::conversations::NewConversation;
use crate::storage::queries::{conversations, desk_tickets, events, tickets, workplace};
use crate::storage::{Sequence, Tx};

/// What a member of staff says.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub visibility: Visibility,
    pub comment: &'a str,
    /// Files whose bytes are stored already.
    pub files: &'a [StoredFile],
    /// The status that the ticket then has; `None` leaves it to the ticket's life.
    pub status: Option<Status>,
}

/// Adds a conversation, and gives its id and the number of the ticket's last event. A public one makes an open ticket
/// Processing, unless the answer says otherwise. What was said is a draft no more.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`] as [`reach::ticket`]; `Conflict::Merged` when the ticket lives on in another;
/// [`Error::Invalid`] when the ticket is full; [`Error::Busy`] when the files' bytes were deleted since.
pub fn answer_ticket(
    tx: &mut dyn Tx,
    staff: &Requester,
    ticket: TicketId,
    answer: Answer<'_>,
    at: Timestamp,
) -> Result<(ConversationId, EventId), Error> {
    let key = reach::ticket(tx, staff, ticket, Right::WorkTickets)?;
    tx.will_need_id(Sequence::Conversation)?;
    let Answer { visibility, comment, files, status } = answer;
    let mut state = unmerged(tx, key)?;
    state.held = state.held.with(comment);
    has_room(state.held)?;
    desk_tickets::set(tx, key, &state, at)?;
    let new = NewConversation { workspace: key.workspace, ticket, author: staff.user, visibility, comment, at };
    let conversation = conversations::insert(tx, new)?;
    attach(tx, key.workspace, ticket, Some(conversation), files, at)?;
    let event = |change| Event { workspace: key.workspace, ticket, actor: staff.user, at, change };
    let (said, happening) = if visibility.is_internal() {
        (Change::Noted { conversation }, None)
    } else {
        (Change::Replied { conversation }, Some(Happening::StaffWorks))
    };
    events::append(tx, &event(said))?;
    if let Some(happening) = status.map(Happening::StaffSets).or(happening)
        && let Ok(after) = next_status(state.status, happening)
        && after != state.status
    {
        tickets::set_status(tx, key, state.status, after)?;
        events::append(tx, &event(Change::StatusChanged { before: state.status, after }))?;
    }
    workplace::drop_draft(tx, key.workspace, staff.user, ticket)?;
    Ok((conversation, seen_now(tx, staff, ticket)?))
}

/// Whether `staff` may say `comment` on the ticket, as things stand.
///
/// # Errors
/// As [`answer_ticket`], which still decides.
pub fn check(tx: &mut dyn Tx, staff: &Requester, ticket: TicketId, comment: &str) -> Result<(), Error> {
    let key = reach::ticket(tx, staff, ticket, Right::WorkTickets)?;
    let (merged_into, held) = desk_tickets::what_refuses(tx, key)?.ok_or(Error::NotFound)?;
    is_unmerged(merged_into)?;
    has_room(held.with(comment))
}

fn has_room(held: Held) -> Result<(), Error> {
    held.within(Held::MAX_FOR_STAFF).map_err(|full| Error::invalid("comment", full))
}
