//! Endpoint 5: a customer tags a ticket, and may give it another priority.

use super::own_ticket::{Ownership, ownership};
use crate::domain::event::{Change, Event};
use crate::domain::id::GivenId;
use crate::domain::ticket::Held;
use crate::domain::user::Requester;
use crate::domain::{Checked, Error, Invalid, Priority, Problem, TagId, Timestamp};
use crate::storage::Tx;
use crate::storage::queries::{catalogue, events, tickets};

/// A change as it was asked for; each field holds its value or what is wrong with it.
#[derive(Clone, Debug)]
pub struct UpdateFields {
    /// The ticket's number; `None` is one that no ticket can have.
    pub ticket: Checked<Option<i64>>,
    /// The new priority, or `None` to leave it.
    pub priority: Checked<Option<Priority>>,
    pub tags: Checked<Vec<Checked<GivenId>>>,
}

/// Makes `tags` the ticket's tags, and changes its priority if one is given.
///
/// # Errors
/// [`Error::InvalidTicket`] when the ticket is malformed or unknown, together with whatever else is wrong;
/// [`Error::Invalid`] when only other fields are; [`Error::InvalidTicket`] when it is another's, once all fields are
/// right, and when the ticket is full.
pub fn update_ticket(tx: &mut dyn Tx, caller: &Requester, fields: &UpdateFields, at: Timestamp) -> Result<(), Error> {
    let mut invalid = Invalid::default();
    let ticket = match &fields.ticket {
        Err(problems) => Err(problems.clone()),
        Ok(number) => match ownership(tx, caller, *number)? {
            Ownership::Own(key) => Ok(Some(key)),
            Ownership::Anothers => Ok(None),
            Ownership::Unknown => Err(vec![Problem::IdNotValid]),
        },
    };
    let ticket = invalid.take("ticket", ticket);
    let priority = invalid.take("priority", fields.priority.clone());
    let tags = match &fields.tags {
        Ok(given) => active_tags(tx, caller, given)?,
        Err(problems) => Err(problems.clone()),
    };
    let tags = invalid.take("tags", tags);
    let (key, priority, tags) = match (ticket, priority, tags) {
        (Some(Some(key)), Some(priority), Some(tags)) => (key, priority, tags),
        (Some(None), Some(_), Some(_)) => {
            return Err(Error::InvalidTicket(Invalid::one("ticket", Problem::NotTheOwner)));
        }
        (None, _, _) => return Err(Error::InvalidTicket(invalid)),
        _ => return Err(Error::Invalid(invalid)),
    };
    let state = tickets::touch(tx, key, Held::by(""), at)?.ok_or(Error::NotFound)?;
    state.held.within(Held::MAX).map_err(|full| Error::InvalidTicket(Invalid::one("ticket", full)))?;
    let event = |change| Event { workspace: key.workspace, ticket: key.id, actor: caller.user, at, change };
    if let Some(after) = priority.filter(|after| *after != state.priority) {
        tickets::set_priority(tx, key, after)?;
        events::append(tx, &event(Change::PriorityChanged { before: state.priority, after }))?;
    }
    let before = catalogue::tags_of_ticket(tx, key.workspace, key.id)?;
    if before != tags {
        catalogue::replace_tags_of_ticket(tx, key.workspace, key.id, &tags)?;
        events::append(tx, &event(Change::TagsChanged { before, after: tags }))?;
    }
    Ok(())
}

/// The tags in ascending order, each once; or what is wrong with the first that is not a tag in use.
fn active_tags(tx: &mut dyn Tx, caller: &Requester, given: &[Checked<GivenId>]) -> Result<Checked<Vec<TagId>>, Error> {
    let mut tags = Vec::new();
    for id in given {
        let id = match id {
            Ok(id) => id,
            Err(problems) => return Ok(Err(problems.clone())),
        };
        match id.number().map(TagId) {
            Some(tag) if tags.contains(&tag) => {}
            Some(tag) if catalogue::tag_is_active(tx, caller.workspace, tag)? => tags.push(tag),
            _ => return Ok(Err(vec![Problem::UnknownPk(id.given().to_owned())])),
        }
    }
    tags.sort_unstable();
    Ok(Ok(tags))
}
