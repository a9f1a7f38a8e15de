//! What the pages with tickets are made from, read at one moment.

use super::query::ListQuery;
use crate::app::desk::built_in_views::BuiltInView;
use crate::app::desk::directory::{Directory, directory};
use crate::app::desk::list_tickets::{DEFAULT_LIMIT, TicketList, count_tickets, list_tickets};
use crate::app::desk::read_events::last_event;
use crate::app::desk::read_ticket::{TicketPage, read_ticket};
use crate::app::desk::rights::{Right, has};
use crate::app::desk::workplace::draft;
use crate::domain::user::Requester;
use crate::domain::{Error, EventId, TicketId, Timestamp};
use crate::http::AppState;
use crate::storage::Tx;
use crate::storage::queries::workplace::Draft;

/// All that such a page shows.
pub struct Loaded {
    pub directory: Directory,
    pub list: TicketList,
    /// How many tickets the whole list has; `None` for more than are counted.
    pub total: Option<i64>,
    pub counts: Vec<(BuiltInView, Option<i64>)>,
    /// The ticket that is open beside the list.
    pub page: Option<TicketPage>,
    /// What staff have begun to write on it.
    pub draft: Option<Draft>,
    /// The last event that is in all of this.
    pub last_event: EventId,
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
    let last_event = last_event(tx, staff)?;
    let page = open.map(|ticket| read_ticket(tx, staff, ticket, None)).transpose()?;
    let writes_on = open.filter(|_| has(staff.role, Right::WorkTickets));
    let draft = writes_on.map(|ticket| draft(tx, staff, ticket)).transpose()?.flatten();
    let filter = query.filter(staff);
    let sort = query.sort();
    // A key of another order is from an address that somebody wrote by hand.
    let after = query.after.as_deref().filter(|after| sort.accepts(after));
    let list = list_tickets(tx, staff, &filter, sort, after, DEFAULT_LIMIT, now)?;
    let mut counts = Vec::with_capacity(BuiltInView::ALL.len());
    for view in BuiltInView::ALL {
        counts.push((view, count_tickets(tx, staff, &view.filter(staff), now)?));
    }
    let of_view = counts.iter().find(|(view, _)| *view == query.view).and_then(|(_, count)| *count);
    let is_narrowed = query.narrowing().next().is_some();
    let total = if is_narrowed { count_tickets(tx, staff, &filter, now)? } else { of_view };
    Ok(Loaded { directory: directory(tx, staff)?, list, total, counts, page, draft, last_event })
}
