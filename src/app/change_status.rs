//! Endpoint 9: a customer closes a ticket or opens it again.

use super::own_ticket::{Ownership, ownership};
use crate::domain::event::{Change, Event};
use crate::domain::ticket::{Happening, Held, StatusRequest, next_status};
use crate::domain::user::Requester;
use crate::domain::{Checked, Error, Invalid, Problem, Status, Timestamp};
use crate::storage::Tx;
use crate::storage::queries::{events, tickets};

/// A change as it was asked for; each field holds its value or what is wrong with it.
#[derive(Clone, Debug)]
pub struct StatusFields {
    /// The ticket's number; `None` is one that no ticket can have.
    pub ticket: Checked<Option<i64>>,
    pub status: Checked<StatusRequest>,
}

/// What a requester may ask of a ticket in the status `now`; nothing while staff keep it `locked`.
#[must_use]
pub fn may_ask(now: Status, locked: bool) -> Option<StatusRequest> {
    let possible = |request: &StatusRequest| next_status(now, Happening::RequesterAsks(*request)).is_ok();
    [StatusRequest::Close, StatusRequest::Reopen].into_iter().find(possible).filter(|_| !locked)
}

/// Changes the ticket's status.
///
/// # Errors
/// [`Error::Invalid`] with the problems of both fields: malformed, unknown, not the caller's, locked by staff, in
/// that status already, or full and to be opened again.
pub fn change_status(tx: &mut dyn Tx, caller: &Requester, fields: &StatusFields, at: Timestamp) -> Result<(), Error> {
    let mut invalid = Invalid::default();
    let ticket = match &fields.ticket {
        Err(problems) => Err(problems.clone()),
        Ok(number) => match ownership(tx, caller, *number)? {
            Ownership::Own(key) => match tickets::touch(tx, key, Held::by(""), at)? {
                Some(state) if may_ask(state.status, state.locked).is_some() => Ok((key, state)),
                _ => Err(vec![Problem::CannotChangeStatus]),
            },
            Ownership::Anothers => Err(vec![Problem::CannotChangeStatus]),
            Ownership::Unknown => Err(vec![Problem::IdNotValid]),
        },
    };
    let ticket = invalid.take("ticket", ticket);
    let request = invalid.take("status", fields.status.clone());
    let (Some((key, state)), Some(request)) = (ticket, request) else {
        return Err(Error::Invalid(invalid));
    };
    // A ticket that is full can still be closed, once.
    if request == StatusRequest::Reopen {
        state.held.within(Held::MAX).map_err(|full| Error::invalid("ticket", full))?;
    }
    let before = state.status;
    let after = next_status(before, Happening::RequesterAsks(request))
        .map_err(|already| Error::invalid("ticket", Problem::Already(already)))?;
    tickets::set_status(tx, key, before, after)?;
    let change = Change::StatusChanged { before, after };
    events::append(tx, &Event { workspace: key.workspace, ticket: key.id, actor: caller.user, at, change })?;
    Ok(())
}
