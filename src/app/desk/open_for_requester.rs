//! A member of staff opens a ticket on behalf of its requester.

use super::reach;
use super::rights::{Right, demand};
use crate::app::open_ticket::{self, TicketFields};
use crate::domain::attachment::StoredFile;
use crate::domain::event::{Change, Event};
use crate::domain::user::{Requester, Role};
use crate::domain::{Error, Problem, TicketId, Timestamp, UserId};
use crate::storage::Tx;
use crate::storage::queries::desk_tickets::{self, DeskState, Reach};
use crate::storage::queries::tickets::TicketKey;
use crate::storage::queries::{events, users};

/// Opens a ticket of `requester` with `files`, whose bytes are stored already. The event names `staff`; who would not reach
/// the ticket otherwise is its assignee.
///
/// # Errors
/// [`Error::Forbidden`]; as [`open_ticket::open_ticket`], and when `requester` is no active customer.
pub fn open_for_requester(
    tx: &mut dyn Tx,
    staff: &Requester,
    requester: UserId,
    fields: &TicketFields,
    files: &[StoredFile],
    at: Timestamp,
) -> Result<TicketId, Error> {
    let requester = on_behalf(tx, staff, requester)?;
    let ticket = open_ticket::open_for(tx, &requester, staff.user, fields, files, at)?;
    if reach::of(staff) != Reach::All {
        let key = TicketKey { workspace: staff.workspace, requester: requester.user, id: ticket };
        let before = desk_tickets::lock(tx, key)?.ok_or(Error::NotFound)?;
        let after = DeskState { assignee: Some(staff.user), ..before.clone() };
        desk_tickets::set(tx, key, &after, at)?;
        let change = Change::AssigneeChanged { before: before.assignee, after: after.assignee };
        events::append(tx, &Event { workspace: staff.workspace, ticket, actor: staff.user, at, change })?;
    }
    Ok(ticket)
}

/// Checks what can be checked before anything is written.
///
/// # Errors
/// As [`open_for_requester`], which still decides.
pub fn check(tx: &mut dyn Tx, staff: &Requester, requester: UserId, fields: &TicketFields) -> Result<(), Error> {
    let requester = on_behalf(tx, staff, requester)?;
    open_ticket::check_with_limit(tx, &requester, fields)
}

fn on_behalf(tx: &mut dyn Tx, staff: &Requester, requester: UserId) -> Result<Requester, Error> {
    demand(staff, Right::WorkTickets)?;
    match users::by_id(tx, staff.workspace, requester)? {
        Some(user) if user.active && user.role == Role::Customer => {
            Ok(Requester { workspace: staff.workspace, user: user.id, role: user.role })
        }
        _ => Err(Error::invalid("requester", Problem::UnknownPk(requester.to_string()))),
    }
}
