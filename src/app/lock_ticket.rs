//! A member of staff keeps a ticket's status from its requester, or no longer.

use super::answer_ticket::staff_key;
use crate::domain::event::{Change, Event};
use crate::domain::user::Requester;
use crate::domain::{Error, TicketId, Timestamp};
use crate::storage::Tx;
use crate::storage::queries::{events, tickets};

/// Locks a ticket, or unlocks it.
///
/// # Errors
/// [`Error::Forbidden`] to customers, [`Error::NotFound`] when the workspace has no such ticket.
pub fn lock_ticket(
    tx: &mut dyn Tx,
    staff: &Requester,
    ticket: TicketId,
    locked: bool,
    at: Timestamp,
) -> Result<(), Error> {
    let key = staff_key(tx, staff, ticket)?;
    let state = tickets::touch(tx, key, at)?.ok_or(Error::NotFound)?;
    if state.locked != locked {
        tickets::set_locked(tx, key, locked)?;
        let change = Change::LockChanged { before: state.locked, after: locked };
        events::append(tx, &Event { workspace: key.workspace, ticket, actor: staff.user, at, change })?;
    }
    Ok(())
}
