//! What a member of staff has at hand on a ticket: what they have seen of it, their draft, and who else is there. None of
//! this changes the ticket.

use std::time::Duration;

use super::reach;
use super::rights::Right;
use crate::domain::user::Requester;
use crate::domain::{Error, EventId, TicketId, Timestamp};
use crate::storage::Tx;
use crate::storage::queries::workplace::{self, Draft, Present};

/// How long somebody counts as present who has not said so again.
pub const PRESENT_FOR: Duration = Duration::from_secs(30);

/// Notes that `staff` have seen the ticket up to `event`.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`] as [`reach::ticket`].
pub fn mark_seen(tx: &mut dyn Tx, staff: &Requester, ticket: TicketId, event: EventId) -> Result<(), Error> {
    reach::ticket(tx, staff, ticket, Right::KeepOwn)?;
    Ok(workplace::mark_seen(tx, staff.workspace, staff.user, ticket, event)?)
}

/// What `staff` have begun to write on the ticket.
///
/// # Errors
/// As [`mark_seen`].
pub fn draft(tx: &mut dyn Tx, staff: &Requester, ticket: TicketId) -> Result<Option<Draft>, Error> {
    reach::ticket(tx, staff, ticket, Right::WorkTickets)?;
    Ok(workplace::draft(tx, staff.workspace, staff.user, ticket)?)
}

/// Keeps what `staff` have begun to write; nothing, if it is empty.
///
/// # Errors
/// As [`mark_seen`].
pub fn keep_draft(tx: &mut dyn Tx, staff: &Requester, ticket: TicketId, draft: &Draft) -> Result<(), Error> {
    reach::ticket(tx, staff, ticket, Right::WorkTickets)?;
    if draft.body.trim().is_empty() {
        return Ok(workplace::drop_draft(tx, staff.workspace, staff.user, ticket)?);
    }
    Ok(workplace::keep_draft(tx, staff.workspace, staff.user, ticket, draft)?)
}

/// Notes that `staff` have the ticket open, and perhaps write; or no longer, if `writing` is `None`. Gives who else has.
///
/// # Errors
/// As [`mark_seen`].
pub fn be_present(
    tx: &mut dyn Tx,
    staff: &Requester,
    ticket: TicketId,
    writing: Option<bool>,
    at: Timestamp,
) -> Result<Vec<Present>, Error> {
    reach::ticket(tx, staff, ticket, Right::ReadTickets)?;
    match writing {
        Some(writing) => workplace::be_present(tx, staff.workspace, staff.user, ticket, writing, at)?,
        None => workplace::leave(tx, staff.workspace, staff.user, ticket)?,
    }
    Ok(workplace::present(tx, staff.workspace, staff.user, ticket, at.minus(PRESENT_FOR))?)
}
