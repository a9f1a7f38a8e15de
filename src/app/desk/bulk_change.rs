//! A member of staff changes many tickets at once; each succeeds or fails on its own.

use super::change_ticket::{TicketChange, change_ticket};
use super::rights::{Right, demand};
use crate::domain::user::Requester;
use crate::domain::{Error, EventId, TicketId, Timestamp};
use crate::storage::Tx;

/// Tickets of one change at the most.
pub const TICKETS_MAX: usize = 500;

/// What became of one of the tickets: the number of its last event, or why it was left as it was.
pub type Outcome = (TicketId, Result<EventId, Error>);

/// Makes the same change to each of `tickets`, in their order. Together they are one transaction.
///
/// # Errors
/// [`Error::Forbidden`]; what is nobody ticket's fault, such as [`Error::Busy`]: then none is changed.
pub fn bulk_change(
    tx: &mut dyn Tx,
    staff: &Requester,
    tickets: &[TicketId],
    change: &TicketChange,
    at: Timestamp,
) -> Result<Vec<Outcome>, Error> {
    demand(staff, Right::WorkTickets)?;
    let mut in_order = tickets.to_vec();
    // All transactions that lock many do so in the same order, so that none waits for one that waits for it.
    in_order.sort_unstable();
    in_order.dedup();
    let mut outcomes = Vec::with_capacity(in_order.len());
    for ticket in in_order {
        match change_ticket(tx, staff, ticket, change, None, at) {
            // It decides before it writes, so that these leave nothing behind.
            outcome @ (Ok(_) | Err(Error::NotFound | Error::Invalid(_) | Error::Conflict(_))) => {
                outcomes.push((ticket, outcome));
            }
            Err(error) => return Err(error),
        }
    }
    let place = |ticket: &TicketId| tickets.iter().position(|given| given == ticket);
    outcomes.sort_by_key(|(ticket, _)| place(ticket));
    Ok(outcomes)
}
