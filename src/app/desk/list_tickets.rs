//! A member of staff looks through tickets.

use super::reach;
use super::rights::{Right, demand};
use crate::domain::user::Requester;
use crate::domain::{Error, Problem, Timestamp};
use crate::storage::Tx;
use crate::storage::queries::desk_tickets::{self, DeskFilter, DeskPage, DeskTicket, Sort};

/// Tickets on a page that does not say how many.
pub const DEFAULT_LIMIT: i64 = 50;

/// Tickets on a page at the most.
pub const MAX_LIMIT: i64 = 200;

/// The tickets of a list are counted up to here; of more, it is only said that they are more.
pub const COUNTED_MAX: i64 = 10_000;

/// Those of a view beside others, and of a list in the console: every page there counts them all.
pub const COUNTED_OF_VIEW_MAX: i64 = 1_000;

/// A page of a list.
#[derive(Clone, Debug)]
pub struct TicketList {
    pub tickets: Vec<DeskTicket>,
    /// The key to go on after, if there are more.
    pub next: Option<Vec<i64>>,
}

/// The tickets within reach that `filter` lets through, in order, after the one with the key `after`.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Invalid`] when `after` is no key of this order.
pub fn list_tickets(
    tx: &mut dyn Tx,
    staff: &Requester,
    filter: &DeskFilter,
    sort: Sort,
    after: Option<&[i64]>,
    limit: i64,
    now: Timestamp,
) -> Result<TicketList, Error> {
    demand(staff, Right::ReadTickets)?;
    if after.is_some_and(|after| !sort.accepts(after)) {
        return Err(Error::invalid("cursor", Problem::InvalidCursor));
    }
    let limit = limit.clamp(1, MAX_LIMIT);
    // One more than is shown tells whether there are more.
    let page = DeskPage { sort, after, limit: limit + 1 };
    let mut tickets = desk_tickets::list(tx, (staff.workspace, staff.user), reach::of(staff), filter, page, now)?;
    let shown = usize::try_from(limit).unwrap_or_default();
    let more = tickets.len() > shown;
    tickets.truncate(shown);
    let next = tickets.last().filter(|_| more).map(|last| sort.key(last));
    Ok(TicketList { tickets, next })
}

/// How many tickets each of `lists` has; `None` for more than the number beside it. Lists that are the same are counted once.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn count_tickets(
    tx: &mut dyn Tx,
    staff: &Requester,
    lists: &[(&DeskFilter, i64)],
    now: Timestamp,
) -> Result<Vec<Option<i64>>, Error> {
    demand(staff, Right::ReadTickets)?;
    let mut different: Vec<(&DeskFilter, i64)> = Vec::new();
    let places: Vec<usize> = lists
        .iter()
        .map(|list| {
            different.iter().position(|other| other == list).unwrap_or_else(|| {
                different.push(*list);
                different.len() - 1
            })
        })
        .collect();
    let one_more: Vec<_> = different.iter().map(|(filter, most)| (*filter, most + 1)).collect();
    let counts = desk_tickets::count(tx, staff.workspace, reach::of(staff), &one_more, now)?;
    let known = |place: usize, most: i64| counts.get(place).copied().filter(|count| *count <= most);
    Ok(places.into_iter().zip(lists).map(|(place, (_, most))| known(place, *most)).collect())
}
