//! Whose ticket it is: the one place where a customer's right to a ticket is decided.

use crate::domain::user::Requester;
use crate::domain::{Error, TicketId};
use crate::storage::Tx;
use crate::storage::queries::tickets::{self, TicketKey};

/// What a ticket is to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The caller's own.
    Own(TicketKey),
    /// Another user's of the same workspace.
    Anothers,
    /// Nobody's in this workspace.
    Unknown,
}

/// What the ticket numbered `id` is to `caller`; `None` is a number that no ticket can have.
///
/// # Errors
/// When the database fails.
pub fn ownership(tx: &mut dyn Tx, caller: &Requester, id: Option<i64>) -> Result<Ownership, Error> {
    let Some(id) = id.map(TicketId) else { return Ok(Ownership::Unknown) };
    Ok(match tickets::requester(tx, caller.workspace, id)? {
        None => Ownership::Unknown,
        Some(requester) if requester == caller.user => {
            Ownership::Own(TicketKey { workspace: caller.workspace, requester, id })
        }
        Some(_) => Ownership::Anothers,
    })
}
