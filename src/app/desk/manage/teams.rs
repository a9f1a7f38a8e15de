//! The staff manage teams. There is no way to delete one: tickets and their histories name it.

use serde_json::{Value, json};

use super::{Unchanged, named};
use crate::app::desk::rights::{Right, demand};
use crate::app::manage;
use crate::domain::audit::Entry;
use crate::domain::team::Team;
use crate::domain::user::Requester;
use crate::domain::{Error, Problem, TeamId, Timestamp, UserId};
use crate::storage::Tx;
use crate::storage::queries::{audit, people, teams};

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct TeamChange {
    pub name: Option<String>,
    pub active: Option<bool>,
    /// All that are then in it.
    pub members: Option<Vec<UserId>>,
}

/// All teams with their members, oldest first, inactive ones included.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn list(tx: &mut dyn Tx, staff: &Requester) -> Result<Vec<Team>, Error> {
    demand(staff, Right::ReadTickets)?;
    Ok(teams::list(tx, staff.workspace)?)
}

/// One team.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`].
pub fn read(tx: &mut dyn Tx, staff: &Requester, id: TeamId) -> Result<Team, Error> {
    demand(staff, Right::ReadTickets)?;
    teams::by_id(tx, staff.workspace, id)?.ok_or(Error::NotFound)
}

/// Adds a team.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Invalid`]; [`Error::Conflict`] when the name is taken.
pub fn add(tx: &mut dyn Tx, staff: &Requester, name: &str, members: &[UserId], at: Timestamp) -> Result<Team, Error> {
    demand(staff, Right::ManageStaff)?;
    let name = named("name", "name", name)?;
    let members = checked(tx, staff, members)?;
    let id = teams::insert(tx, staff.workspace, &name, at)?.ok_or_else(|| manage::taken("team", &name))?;
    let team = Team { id, name, active: true, created_at: at, members };
    teams::set(tx, staff.workspace, &team)?;
    audit::append(tx, &Entry::added(staff, at, "team.added", id.0, told(&team)))?;
    Ok(team)
}

/// Changes a team. Who comes to it reaches its tickets at once, who leaves it no longer.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`], [`Error::ChangedSince`]; [`Error::Invalid`]; [`Error::Conflict`] when the
/// name is taken.
pub fn change(
    tx: &mut dyn Tx,
    staff: &Requester,
    id: TeamId,
    change: &TeamChange,
    unchanged: Unchanged<'_, Team>,
    at: Timestamp,
) -> Result<Team, Error> {
    demand(staff, Right::ManageStaff)?;
    let before = teams::lock(tx, staff.workspace, id)?.ok_or(Error::NotFound)?;
    unchanged(&before)?;
    let after = Team {
        name: change.name.as_ref().map_or(Ok(before.name.clone()), |name| named("name", "name", name))?,
        active: change.active.unwrap_or(before.active),
        members: match &change.members {
            Some(members) => checked(tx, staff, members)?,
            None => before.members.clone(),
        },
        ..before.clone()
    };
    if after == before {
        return Ok(after);
    }
    let all = teams::list(tx, staff.workspace)?;
    if all.iter().any(|other| other.id != id && other.name == after.name) {
        return Err(manage::taken("team", &after.name));
    }
    teams::set(tx, staff.workspace, &after)?;
    audit::append(tx, &Entry::changed(staff, at, "team.changed", id.0, &told(&before), &told(&after)))?;
    Ok(after)
}

/// Has a member of staff in a team, or not.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Invalid`] when there is no such team.
pub(super) fn set_member(
    tx: &mut dyn Tx,
    staff: &Requester,
    id: TeamId,
    (user, is_member): (UserId, bool),
    at: Timestamp,
) -> Result<(), Error> {
    demand(staff, Right::ManageStaff)?;
    let unknown = || Error::invalid("teams", Problem::UnknownPk(id.to_string()));
    let before = teams::lock(tx, staff.workspace, id)?.ok_or_else(unknown)?;
    let mut after = before.clone();
    after.members.retain(|member| *member != user);
    after.members.extend(is_member.then_some(user));
    after.members.sort_unstable();
    if after != before {
        teams::set(tx, staff.workspace, &after)?;
        audit::append(tx, &Entry::changed(staff, at, "team.changed", id.0, &told(&before), &told(&after)))?;
    }
    Ok(())
}

/// The members in the order of their ids, each once; all must be of the staff.
fn checked(tx: &mut dyn Tx, staff: &Requester, members: &[UserId]) -> Result<Vec<UserId>, Error> {
    let known = people::staff(tx, staff.workspace)?;
    if let Some(unknown) = members.iter().find(|member| known.iter().all(|person| person.id != **member)) {
        return Err(Error::invalid("members", Problem::UnknownPk(unknown.to_string())));
    }
    let mut members = members.to_vec();
    members.sort_unstable();
    members.dedup();
    Ok(members)
}

fn told(team: &Team) -> Value {
    json!({ "name": team.name, "active": team.active, "members": team.members })
}
