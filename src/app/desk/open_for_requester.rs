//! A member of staff opens a ticket on behalf of its requester.

use super::manage::requesters;
use super::reach;
use super::rights::{Right, demand};
use crate::app::open_ticket::{self, TicketFields};
use crate::domain::attachment::StoredFile;
use crate::domain::event::{Change, Event};
use crate::domain::user::{Email, Requester, Role};
use crate::domain::{Checked, Error, Invalid, Problem, TicketId, Timestamp, UserId};
use crate::storage::Tx;
use crate::storage::queries::desk_tickets::{self, DeskState, Reach};
use crate::storage::queries::tickets::TicketKey;
use crate::storage::queries::users::User;
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

/// As [`open_for_requester`], for whoever has the address `email`: who has none of the workspace's yet is added, by the
/// name `name`.
///
/// # Errors
/// As [`open_for_requester`] and [`requesters::add`].
pub fn open_for_address(
    tx: &mut dyn Tx,
    staff: &Requester,
    (email, name): (&Checked<Email>, &str),
    fields: &TicketFields,
    files: &[StoredFile],
    at: Timestamp,
) -> Result<TicketId, Error> {
    check_for_address(tx, staff, email, fields)?;
    let email = email.as_ref().map_err(|problems| Error::Invalid(Invalid::of("requester", problems.clone())))?;
    let requester = match users::by_email(tx, staff.workspace, email)? {
        Some(user) => user.id,
        None => requesters::add(tx, staff, email, name, at)?.id,
    };
    open_for_requester(tx, staff, requester, fields, files, at)
}

/// Checks what can be checked before anything is written: all fields at once, the address too.
///
/// # Errors
/// As [`open_for_address`], which still decides.
pub fn check_for_address(
    tx: &mut dyn Tx,
    staff: &Requester,
    email: &Checked<Email>,
    fields: &TicketFields,
) -> Result<(), Error> {
    demand(staff, Right::WorkTickets)?;
    let known = match email {
        Ok(email) => users::by_email(tx, staff.workspace, email)?,
        Err(_) => None,
    };
    let requester = match (email, known) {
        (Err(problems), _) => Err(problems.clone()),
        (Ok(email), Some(user)) => active_customer(staff, Some(user), &email.as_str()).map(Some),
        (Ok(_), None) => Ok(None),
    };
    match requester {
        Ok(Some(requester)) => open_ticket::check_with_limit(tx, &requester, fields),
        Ok(None) => open_ticket::check(tx, staff, fields).map(drop),
        Err(problems) => {
            let mut invalid = Invalid::of("requester", problems);
            if let Err(Error::Invalid(others)) = open_ticket::check(tx, staff, fields) {
                invalid.append(others);
            }
            Err(Error::Invalid(invalid))
        }
    }
}

fn on_behalf(tx: &mut dyn Tx, staff: &Requester, requester: UserId) -> Result<Requester, Error> {
    demand(staff, Right::WorkTickets)?;
    let user = users::by_id(tx, staff.workspace, requester)?;
    active_customer(staff, user, &requester).map_err(|problems| Error::Invalid(Invalid::of("requester", problems)))
}

/// `user` as the one on whose behalf `staff` act, if it is an active customer; `given` is what they were named by.
fn active_customer(staff: &Requester, user: Option<User>, given: &impl ToString) -> Checked<Requester> {
    match user {
        Some(user) if user.active && user.role == Role::Customer => {
            Ok(Requester { workspace: staff.workspace, user: user.id, role: user.role })
        }
        _ => Err(vec![Problem::UnknownPk(given.to_string())]),
    }
}
