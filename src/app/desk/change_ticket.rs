//! A member of staff changes a ticket: status, priority, category, tags, assignee, team, subject, lock, snooze.

use super::reach;
use super::rights::{Right, has};
use crate::domain::event::{Change, Event};
use crate::domain::ticket::{Happening, Subject, next_status};
use crate::domain::user::Requester;
use crate::domain::{
    CategoryId, Conflict, Error, EventId, Invalid, Priority, Problem, Status, TagId, TeamId, TicketId, Timestamp,
    UserId,
};
use crate::storage::Tx;
use crate::storage::queries::desk_tickets::{self, DeskState};
use crate::storage::queries::tickets::{self, TicketKey};
use crate::storage::queries::{catalogue, events, search, teams, users, workplace};

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketChange {
    pub subject: Option<Subject>,
    pub status: Option<Status>,
    pub priority: Option<Priority>,
    pub category: Option<CategoryId>,
    /// All that the ticket then has.
    pub tags: Option<Vec<TagId>>,
    /// `Some(None)` takes it from whoever has it.
    pub assignee: Option<Option<UserId>>,
    pub team: Option<Option<TeamId>>,
    pub locked: Option<bool>,
    pub snoozed_until: Option<Option<Timestamp>>,
}

/// Changes a ticket, if its last event is still `seen`, or whatever it is if that is `None`. Someone who takes an open
/// ticket starts work on it (contract, "The ticket's life"), unless the change says otherwise. Gives the number of the
/// ticket's last event.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`] as [`reach::ticket`]; [`Error::ChangedSince`]; [`Error::Invalid`] with every
/// field that failed; [`Conflict::Merged`] when it lives on in another ticket.
pub fn change_ticket(
    tx: &mut dyn Tx,
    staff: &Requester,
    ticket: TicketId,
    change: &TicketChange,
    seen: Option<EventId>,
    at: Timestamp,
) -> Result<EventId, Error> {
    let key = reach::ticket(tx, staff, ticket, Right::WorkTickets)?;
    let before = unmerged(tx, key)?;
    let last = desk_tickets::last_event(tx, key.workspace, ticket)?;
    if seen.is_some_and(|seen| seen != last) {
        return Err(Error::ChangedSince);
    }
    let tags = catalogue::tags_of_ticket(tx, key.workspace, ticket)?;
    let mut wanted_tags = change.tags.clone().unwrap_or_else(|| tags.clone());
    wanted_tags.sort_unstable();
    wanted_tags.dedup();
    check(tx, staff, change, &before, &tags, at)?;
    let after = DeskState {
        subject: change.subject.as_ref().map_or_else(|| before.subject.clone(), |subject| subject.as_str().to_owned()),
        priority: change.priority.unwrap_or(before.priority),
        category: change.category.unwrap_or(before.category),
        status: status_after(change, before.status),
        locked: change.locked.unwrap_or(before.locked),
        assignee: change.assignee.unwrap_or(before.assignee),
        team: change.team.unwrap_or(before.team),
        snoozed_until: change.snoozed_until.unwrap_or(before.snoozed_until),
        merged_into: before.merged_into,
        held: before.held,
    };
    if after == before && wanted_tags == tags {
        return Ok(last);
    }
    desk_tickets::set(tx, key, &after, at)?;
    if after.subject != before.subject {
        search::replace_subject(tx, key, &after.subject)?;
    }
    if after.status != before.status {
        tickets::set_status(tx, key, before.status, after.status)?;
    }
    if wanted_tags != tags {
        catalogue::replace_tags_of_ticket(tx, key.workspace, ticket, &wanted_tags)?;
        let change = Change::TagsChanged { before: tags, after: wanted_tags };
        events::append(tx, &Event { workspace: key.workspace, ticket, actor: staff.user, at, change })?;
    }
    for change in differences(&before, &after) {
        events::append(tx, &Event { workspace: key.workspace, ticket, actor: staff.user, at, change })?;
    }
    seen_now(tx, staff, ticket)
}

/// The number of the ticket's last event, which is one that `staff` made happen.
pub(super) fn seen_now(tx: &mut dyn Tx, staff: &Requester, ticket: TicketId) -> Result<EventId, Error> {
    let last = desk_tickets::last_event(tx, staff.workspace, ticket)?;
    workplace::mark_seen(tx, staff.workspace, staff.user, ticket, last)?;
    Ok(last)
}

/// The state of a ticket that was not merged into another, which stays as it is until the transaction ends.
///
/// # Errors
/// [`Conflict::Merged`]; [`Error::NotFound`] when it is gone.
pub(super) fn unmerged(tx: &mut dyn Tx, key: TicketKey) -> Result<DeskState, Error> {
    let state = desk_tickets::lock(tx, key)?.ok_or(Error::NotFound)?;
    is_unmerged(state.merged_into)?;
    Ok(state)
}

/// Whether a ticket that was `merged_into` another, or not, can be worked on.
///
/// # Errors
/// [`Conflict::Merged`].
pub(super) fn is_unmerged(merged_into: Option<TicketId>) -> Result<(), Error> {
    merged_into.map_or(Ok(()), |into| Err(Error::Conflict(Conflict::Merged(into))))
}

fn status_after(change: &TicketChange, before: Status) -> Status {
    let happening = match (change.status, change.assignee) {
        (Some(status), _) => Happening::StaffSets(status),
        (None, Some(Some(_))) => Happening::StaffWorks,
        (None, _) => return before,
    };
    next_status(before, happening).unwrap_or_else(|same| same)
}

/// What is different now, an event each.
fn differences(before: &DeskState, after: &DeskState) -> Vec<Change> {
    let mut changes = Vec::new();
    if before.subject != after.subject {
        changes.push(Change::SubjectChanged { before: before.subject.clone(), after: after.subject.clone() });
    }
    if before.status != after.status {
        changes.push(Change::StatusChanged { before: before.status, after: after.status });
    }
    if before.priority != after.priority {
        changes.push(Change::PriorityChanged { before: before.priority, after: after.priority });
    }
    if before.category != after.category {
        changes.push(Change::CategoryChanged { before: before.category, after: after.category });
    }
    if before.assignee != after.assignee {
        changes.push(Change::AssigneeChanged { before: before.assignee, after: after.assignee });
    }
    if before.team != after.team {
        changes.push(Change::TeamChanged { before: before.team, after: after.team });
    }
    if before.locked != after.locked {
        changes.push(Change::LockChanged { before: before.locked, after: after.locked });
    }
    if before.snoozed_until != after.snoozed_until {
        changes.push(Change::SnoozeChanged { before: before.snoozed_until, after: after.snoozed_until });
    }
    if before.merged_into != after.merged_into {
        changes.push(Change::MergeChanged { before: before.merged_into, after: after.merged_into });
    }
    changes
}

/// Checks the fields, all of them. What the ticket has already, it may keep, though others could not get it any more.
fn check(
    tx: &mut dyn Tx,
    staff: &Requester,
    change: &TicketChange,
    before: &DeskState,
    tags: &[TagId],
    at: Timestamp,
) -> Result<(), Error> {
    let workspace = staff.workspace;
    let mut invalid = Invalid::default();
    if let Some(category) = change.category
        && category != before.category
        && !catalogue::category_is_active(tx, workspace, category)?
    {
        invalid.note("category", Problem::UnknownPk(category.to_string()));
    }
    for tag in change.tags.iter().flatten() {
        if !tags.contains(tag) && !catalogue::tag_is_active(tx, workspace, *tag)? {
            invalid.note("tags", Problem::UnknownPk(tag.to_string()));
            break;
        }
    }
    if let Some(Some(assignee)) = change.assignee
        && Some(assignee) != before.assignee
    {
        let user = users::by_id(tx, workspace, assignee)?.filter(|user| user.active);
        if !user.is_some_and(|user| has(user.role, Right::WorkTickets)) {
            invalid.note("assignee", Problem::UnknownPk(assignee.to_string()));
        }
    }
    if let Some(Some(team)) = change.team
        && Some(team) != before.team
        && !teams::is_active(tx, workspace, team)?
    {
        invalid.note("team", Problem::UnknownPk(team.to_string()));
    }
    if let Some(Some(until)) = change.snoozed_until
        && until <= at
    {
        invalid.note("snoozed_until", Problem::Other("It must be in the future.".to_owned()));
    }
    if invalid.is_empty() { Ok(()) } else { Err(Error::Invalid(invalid)) }
}
