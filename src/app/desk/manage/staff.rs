//! Admins manage the staff. Nobody is deleted: tickets and their histories name them.

use super::{Unchanged, name_of_person, refused, teams, told_of};
use crate::app::desk::rights::{Right, demand};
use crate::app::manage;
use crate::domain::audit::Entry;
use crate::domain::user::{Email, Person, Requester, Role};
use crate::domain::{Conflict, Error, TeamId, Timestamp, UserId};
use crate::storage::Tx;
use crate::storage::queries::{audit, people, sessions, users, workspaces};

/// A member of staff to be added.
#[derive(Clone, Debug)]
pub struct NewStaff {
    pub email: Email,
    pub name: String,
    pub role: Role,
    pub password_hash: String,
    /// The teams that they come to.
    pub teams: Vec<TeamId>,
}

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct StaffChange {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub active: Option<bool>,
    pub password_hash: Option<String>,
    /// The teams that they come to or leave; in the others, they stay or stay out.
    pub teams: Vec<(TeamId, bool)>,
}

/// All staff, oldest first. Whoever may assign tickets has to know to whom.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn list(tx: &mut dyn Tx, staff: &Requester) -> Result<Vec<Person>, Error> {
    demand(staff, Right::ReadTickets)?;
    Ok(people::staff(tx, staff.workspace)?)
}

/// One member of staff.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`].
pub fn read(tx: &mut dyn Tx, staff: &Requester, id: UserId) -> Result<Person, Error> {
    demand(staff, Right::ReadTickets)?;
    colleague(people::by_id(tx, staff.workspace, id)?)
}

/// Whether `staff` may add and change staff: to be asked before a password is hashed, which takes long on purpose.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn check(staff: &Requester) -> Result<(), Error> {
    demand(staff, Right::ManageStaff)
}

/// Adds a member of staff.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Invalid`]; [`Error::Conflict`] when the address is taken.
pub fn add(tx: &mut dyn Tx, staff: &Requester, new: &NewStaff, at: Timestamp) -> Result<Person, Error> {
    check(staff)?;
    check_role(new.role)?;
    let name = name_of_person(&new.name)?;
    let workspace = staff.workspace;
    let id = manage::users::add(tx, workspace, &new.email, new.role, &new.password_hash, at)?;
    let added = Person { name, ..colleague(people::lock(tx, workspace, id)?)? };
    people::set(tx, workspace, &added)?;
    audit::append(tx, &Entry::added(staff, at, "user.added", id.0, told_of(&added)))?;
    for team in &new.teams {
        teams::set_member(tx, staff, *team, (id, true), at)?;
    }
    Ok(added)
}

/// Changes a member of staff. Who gets another role or password, or is no longer active, is signed out.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`], [`Error::ChangedSince`]; [`Error::Invalid`]; [`Conflict::LastAdmin`] when
/// nobody could run the workspace any more.
pub fn change(
    tx: &mut dyn Tx,
    staff: &Requester,
    id: UserId,
    change: &StaffChange,
    unchanged: Unchanged<'_, Person>,
    at: Timestamp,
) -> Result<Person, Error> {
    check(staff)?;
    change.role.map_or(Ok(()), check_role)?;
    let workspace = staff.workspace;
    // Who is the last admin is a question about all of them, so changes of the staff take turns.
    workspaces::lock(tx, workspace)?;
    let before = colleague(people::lock(tx, workspace, id)?)?;
    unchanged(&before)?;
    let after = Person {
        name: change.name.as_deref().map_or(Ok(before.name.clone()), name_of_person)?,
        role: change.role.unwrap_or(before.role),
        active: change.active.unwrap_or(before.active),
        ..before.clone()
    };
    if runs_the_workspace(&before) && !runs_the_workspace(&after) && people::other_admins(tx, workspace, id)? == 0 {
        return Err(Error::Conflict(Conflict::LastAdmin));
    }
    if let Some(hash) = &change.password_hash {
        users::set_password(tx, workspace, id, hash)?;
        audit::append(tx, &Entry::done(staff, at, "user.password_changed", id.0))?;
    }
    if after != before {
        people::set(tx, workspace, &after)?;
        audit::append(tx, &Entry::changed(staff, at, "user.changed", id.0, &told_of(&before), &told_of(&after)))?;
    }
    for (team, is_member) in &change.teams {
        teams::set_member(tx, staff, *team, (id, *is_member), at)?;
    }
    if change.password_hash.is_some() || after.role != before.role || (before.active && !after.active) {
        sessions::revoke_of_user(tx, workspace, id, at)?;
    }
    tx.bump_revision()?;
    Ok(after)
}

fn runs_the_workspace(person: &Person) -> bool {
    person.active && person.role == Role::Admin
}

fn check_role(role: Role) -> Result<(), Error> {
    if role.is_staff() { Ok(()) } else { Err(refused("role", "a member of staff cannot be a customer")) }
}

/// The person, if they are of the staff.
fn colleague(found: Option<Person>) -> Result<Person, Error> {
    found.filter(|person| person.role.is_staff()).ok_or(Error::NotFound)
}
