//! A member of staff merges a ticket into another of the same requester. Nothing is moved or copied: the ticket is
//! closed and points to the other, on whose page it is read along.

use super::change_ticket::{seen_now, unmerged};
use super::reach;
use super::rights::Right;
use crate::domain::event::{Change, Event};
use crate::domain::ticket::Held;
use crate::domain::user::Requester;
use crate::domain::{Error, EventId, Problem, Status, TicketId, Timestamp};
use crate::storage::Tx;
use crate::storage::queries::desk_tickets::{self, DeskState};
use crate::storage::queries::{events, tickets};

/// Merges `ticket` into `into`, if its last event is still `seen`. Gives the number of `ticket`'s last event. A reply of
/// the requester to the merged ticket opens it again, on its own.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`] as [`reach::ticket`]; [`Error::Invalid`] when `into` is not another ticket of
/// the same requester, or when it would hold more than staff may make it hold; [`Error::ChangedSince`]; `Conflict::Merged` when either lives on in another ticket already.
pub fn merge_tickets(
    tx: &mut dyn Tx,
    staff: &Requester,
    ticket: TicketId,
    into: TicketId,
    seen: Option<EventId>,
    at: Timestamp,
) -> Result<EventId, Error> {
    let key = reach::ticket(tx, staff, ticket, Right::WorkTickets)?;
    let unfit = |sentence: &str| Error::invalid("into", Problem::Other(sentence.to_owned()));
    let other = match reach::ticket(tx, staff, into, Right::WorkTickets) {
        Err(Error::NotFound) => Err(Error::invalid("into", Problem::UnknownPk(into.to_string()))),
        other => other,
    }?;
    if ticket == into {
        return Err(unfit("A ticket cannot be merged into itself."));
    }
    if key.requester != other.requester {
        // Whoever opened the one must not read what another said on the other.
        return Err(unfit("Only tickets of the same requester can be merged."));
    }
    // In the order of their ids, as everybody locks them.
    let (before, _) = if ticket < into {
        let before = unmerged(tx, key)?;
        (before, unmerged(tx, other)?)
    } else {
        let other = unmerged(tx, other)?;
        (unmerged(tx, key)?, other)
    };
    let last = desk_tickets::last_event(tx, key.workspace, ticket)?;
    if seen.is_some_and(|seen| seen != last) {
        return Err(Error::ChangedSince);
    }
    let after = DeskState { merged_into: Some(into), snoozed_until: None, ..before.clone() };
    let together = desk_tickets::held_with_merged(tx, other)?.0.saturating_add(before.held.0);
    if Held(together).within(Held::MAX_FOR_STAFF).is_err() {
        return Err(unfit("The two hold too much to be read as one ticket."));
    }
    desk_tickets::set(tx, key, &after, at)?;
    let event = |ticket, change| Event { workspace: key.workspace, ticket, actor: staff.user, at, change };
    if before.status != Status::Closed {
        tickets::set_status(tx, key, before.status, Status::Closed)?;
        let change = Change::StatusChanged { before: before.status, after: Status::Closed };
        events::append(tx, &event(ticket, change))?;
    }
    events::append(tx, &event(ticket, Change::MergeChanged { before: None, after: Some(into) }))?;
    events::append(tx, &event(into, Change::Absorbed { ticket }))?;
    seen_now(tx, staff, ticket)
}
