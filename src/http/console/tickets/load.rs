//! What the pages with tickets are made from, read at one moment.

use super::query::ListQuery;
use crate::app::desk::built_in_views::BuiltInView;
use crate::app::desk::directory::{Directory, directory};
use crate::app::desk::list_tickets::{DEFAULT_LIMIT, TicketList, count_tickets, list_tickets};
use crate::app::desk::read_ticket::{TicketPage, read_ticket};
use crate::domain::user::Requester;
use crate::domain::{Error, TicketId, Timestamp};
use crate::http::AppState;
use crate::storage::Tx;

/// All that such a page shows.
pub struct Loaded {
    pub directory: Directory,
    pub list: TicketList,
    /// How many tickets the whole list has; `None` for more than are counted.
    pub total: Option<i64>,
    pub counts: Vec<(BuiltInView, Option<i64>)>,
    /// The ticket that is open beside the list.
    pub page: Option<TicketPage>,
}

/// Reads the list that `query` asks for, and the ticket `open`.
///
/// # Errors
/// What the use cases give.
pub async fn load(
    app: &AppState,
    staff: Requester,
    query: ListQuery,
    open: Option<TicketId>,
    now: Timestamp,
) -> Result<Loaded, Error> {
    app.store().read(move |tx| read(tx, &staff, &query, open, now)).await
}

fn read(
    tx: &mut dyn Tx,
    staff: &Requester,
    query: &ListQuery,
    open: Option<TicketId>,
    now: Timestamp,
) -> Result<Loaded, Error> {
    let page = open.map(|ticket| read_ticket(tx, staff, ticket, None)).transpose()?;
    let filter = query.filter(staff);
    let sort = query.sort();
    // A key of another order is from an address that somebody wrote by hand.
    let after = query.after.as_deref().filter(|after| sort.accepts(after));
    let list = list_tickets(tx, staff, &filter, sort, after, DEFAULT_LIMIT, now)?;
    let counts = count_views(tx, staff, now)?;
    let of_view = counts.iter().find(|(view, _)| *view == query.view).and_then(|(_, count)| *count);
    let is_narrowed = query.narrowing().next().is_some();
    let total = if is_narrowed { count_tickets(tx, staff, &filter, now)? } else { of_view };
    Ok(Loaded { directory: directory(tx, staff)?, list, total, counts, page })
}

/// How many tickets each view shows to `staff`; `None` for more than are counted.
///
/// # Errors
/// What the use case gives.
pub fn count_views(
    tx: &mut dyn Tx,
    staff: &Requester,
    now: Timestamp,
) -> Result<Vec<(BuiltInView, Option<i64>)>, Error> {
    BuiltInView::ALL.into_iter().map(|view| Ok((view, count_tickets(tx, staff, &view.filter(staff), now)?))).collect()
}
