//! The feed of what happened, in order and without gaps.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::reach;
use super::rights::{Right, demand};
use crate::domain::user::Requester;
use crate::domain::{Error, EventId};
use crate::storage::Tx;
use crate::storage::queries::desk_tickets::{self, Reach};
use crate::storage::queries::events::{self, RecordedEvent};

/// Events on a page at the most.
pub const PAGE_MAX: i64 = 500;

/// A part of the feed.
#[derive(Clone, Debug)]
pub struct EventPage {
    pub events: Vec<RecordedEvent>,
    /// Where to go on: the last event that was looked at, within reach or not.
    pub last: EventId,
    /// Whether there may be more.
    pub more: bool,
}

/// The last event of the feed as it is now, whoever's it is: who follows from here on misses nothing that comes.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn last_event(tx: &mut dyn Tx, staff: &Requester) -> Result<EventId, Error> {
    demand(staff, Right::ReadTickets)?;
    Ok(tx.last_settled_event()?)
}

/// Up to `limit` events after `after` on tickets within reach. Whoever goes on at [`EventPage::last`] misses none.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn read_events(tx: &mut dyn Tx, staff: &Requester, after: EventId, limit: i64) -> Result<EventPage, Error> {
    demand(staff, Right::ReadTickets)?;
    let limit = limit.clamp(1, PAGE_MAX);
    let mut events = events::page(tx, staff.workspace, after, limit)?;
    let last = events.last().map_or(after, |event| event.id);
    let more = i64::try_from(events.len()).is_ok_and(|count| count == limit);
    if let Reach::TeamsOf(user) = reach::of(staff) {
        let mut within = BTreeMap::new();
        for event in &events {
            if let Entry::Vacant(unknown) = within.entry(event.ticket) {
                unknown.insert(desk_tickets::reaches(tx, staff.workspace, event.ticket, user)?);
            }
        }
        events.retain(|event| within[&event.ticket]);
    }
    Ok(EventPage { events, last, more })
}
