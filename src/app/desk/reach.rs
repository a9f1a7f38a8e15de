//! Which tickets a member of staff reaches: the one place where that is decided.

use super::rights::{Right, demand};
use crate::domain::user::{Requester, Role};
use crate::domain::{Error, TicketId};
use crate::storage::Tx;
use crate::storage::queries::desk_tickets::{self, Reach};
use crate::storage::queries::tickets::{self, TicketKey};

/// The tickets that `staff` reaches.
#[must_use]
pub fn of(staff: &Requester) -> Reach {
    match staff.role {
        Role::Admin | Role::Agent | Role::ReadOnly => Reach::All,
        // Customers have no right here at all; should one come this far, they reach next to nothing.
        Role::TeamAgent | Role::Customer => Reach::TeamsOf(staff.user),
    }
}

/// The ticket `id`, to which `staff` wants to do what `right` is about.
///
/// # Errors
/// [`Error::Forbidden`] without the right; [`Error::NotFound`], one and the same, when there is no such ticket and when it
/// is out of reach.
pub fn ticket(tx: &mut dyn Tx, staff: &Requester, id: TicketId, right: Right) -> Result<TicketKey, Error> {
    demand(staff, right)?;
    let requester = tickets::requester(tx, staff.workspace, id)?.ok_or(Error::NotFound)?;
    if let Reach::TeamsOf(user) = of(staff)
        && !desk_tickets::reaches(tx, staff.workspace, id, user)?
    {
        return Err(Error::NotFound);
    }
    Ok(TicketKey { workspace: staff.workspace, requester, id })
}
