//! The staff manage requesters: the customers whose tickets they work on.

use super::{Unchanged, name_of_person, told_of};
use crate::app::desk::rights::{Right, demand};
use crate::app::manage;
use crate::domain::audit::Entry;
use crate::domain::user::{Email, Person, Requester, Role};
use crate::domain::{Error, Timestamp, UserId, text};
use crate::storage::Tx;
use crate::storage::queries::people::{self, Listed, Wanted};
use crate::storage::queries::users::{self, NewUser};
use crate::storage::queries::{audit, sessions};

/// Requesters on a page that does not say how many.
pub const DEFAULT_LIMIT: i64 = 50;

/// Requesters on a page at the most.
pub const MAX_LIMIT: i64 = 200;

/// A page of requesters.
#[derive(Clone, Debug)]
pub struct RequesterPage {
    pub requesters: Vec<Person>,
    /// The key to go on after, if there are more.
    pub next: Option<String>,
}

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct RequesterChange {
    pub name: Option<String>,
    pub active: Option<bool>,
}

/// Requesters whose address or name begins with `beginning`, in any case, in the order of their addresses, after the key
/// `after`. All staff see all of them, whatever tickets they reach: anybody may come to need any of them, and whoever may
/// open a ticket may open it for anybody.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn list(
    tx: &mut dyn Tx,
    staff: &Requester,
    beginning: &str,
    after: &str,
    limit: i64,
) -> Result<RequesterPage, Error> {
    demand(staff, Right::ReadTickets)?;
    let limit = limit.clamp(1, MAX_LIMIT);
    let prefix = text::fold(text::trim(beginning));
    // One more than is shown tells whether there are more.
    let wanted = Wanted { prefix: &prefix, after, limit: limit + 1 };
    let mut found = people::customers_by_email(tx, staff.workspace, wanted)?;
    if !prefix.is_empty() {
        found.extend(people::customers_by_name(tx, staff.workspace, wanted)?);
        found.sort_by(|(_, one), (_, other)| one.cmp(other));
        found.dedup_by(|(one, _), (other, _)| one.id == other.id);
    }
    let shown = usize::try_from(limit).unwrap_or_default();
    let more = found.len() > shown;
    found.truncate(shown);
    let next = found.last().filter(|_| more).map(|(_, key)| key.clone());
    Ok(RequesterPage { requesters: found.into_iter().map(|(person, _): Listed| person).collect(), next })
}

/// One requester.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`].
pub fn read(tx: &mut dyn Tx, staff: &Requester, id: UserId) -> Result<Person, Error> {
    demand(staff, Right::ReadTickets)?;
    customer(people::by_id(tx, staff.workspace, id)?)
}

/// Adds a requester, who has no password: they sign in by an identity provider, or not at all.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Invalid`]; [`Error::Conflict`] when the address is taken.
pub fn add(tx: &mut dyn Tx, staff: &Requester, email: &Email, name: &str, at: Timestamp) -> Result<Person, Error> {
    demand(staff, Right::ManageRequesters)?;
    let name = name_of_person(name)?;
    let workspace = staff.workspace;
    let new = NewUser { workspace, email, role: Role::Customer, password_hash: None, identity: None, at };
    let id = users::insert(tx, new)?.ok_or_else(|| manage::taken("user", email.as_str()))?;
    let added = Person { name, ..customer(people::lock(tx, workspace, id)?)? };
    people::set(tx, workspace, &added)?;
    audit::append(tx, &Entry::added(staff, at, "requester.added", id.0, told_of(&added)))?;
    Ok(added)
}

/// Changes a requester. Who is no longer active is signed out.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`], [`Error::ChangedSince`]; [`Error::Invalid`].
pub fn change(
    tx: &mut dyn Tx,
    staff: &Requester,
    id: UserId,
    change: &RequesterChange,
    unchanged: Unchanged<'_, Person>,
    at: Timestamp,
) -> Result<Person, Error> {
    demand(staff, Right::ManageRequesters)?;
    let before = customer(people::lock(tx, staff.workspace, id)?)?;
    unchanged(&before)?;
    let after = Person {
        name: change.name.as_deref().map_or(Ok(before.name.clone()), name_of_person)?,
        active: change.active.unwrap_or(before.active),
        ..before.clone()
    };
    if after == before {
        return Ok(after);
    }
    people::set(tx, staff.workspace, &after)?;
    if before.active && !after.active {
        sessions::revoke_of_user(tx, staff.workspace, id, at)?;
    }
    tx.bump_revision()?;
    audit::append(tx, &Entry::changed(staff, at, "requester.changed", id.0, &told_of(&before), &told_of(&after)))?;
    Ok(after)
}

/// The person, if they are a customer.
fn customer(found: Option<Person>) -> Result<Person, Error> {
    found.filter(|person| person.role == Role::Customer).ok_or(Error::NotFound)
}
