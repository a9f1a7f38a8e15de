//! What the pages with tickets are made from.

use super::query::{HOME_VIEW, ListQuery};
use crate::app::desk::directory::{Directory, directory};
use crate::app::desk::list_tickets::{DEFAULT_LIMIT, TicketList, list_tickets};
use crate::app::desk::read_events::last_event;
use crate::app::desk::read_ticket::{TicketPage, read_ticket};
use crate::app::desk::rights::{Right, has};
use crate::app::desk::workplace::draft;
use crate::domain::user::Requester;
use crate::domain::{Error, EventId, TicketId, Timestamp};
use crate::http::AppState;
use crate::http::console::views::{View, count, views};
use crate::storage::Tx;
use crate::storage::queries::workplace::Draft;

/// All that such a page shows.
pub struct Loaded {
    /// Who looks.
    pub staff: Requester,
    pub directory: Directory,
    /// What was asked for, as far as it can be read.
    pub query: ListQuery,
    pub views: Vec<View>,
    /// The view that the list is of.
    pub view: View,
    pub list: TicketList,
    /// How many tickets the whole list has, as a reader is told.
    pub total: String,
    /// The ticket that is open beside the list.
    pub page: Option<TicketPage>,
    /// What staff have begun to write on it.
    pub draft: Option<Draft>,
    /// The last event that is in all of this.
    pub last_event: EventId,
}

/// Reads the list that `query` asks for, and the ticket `open`. The views are counted meanwhile, which takes as long as all
/// else: beside it, on another connection, a moment earlier or later.
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
    let asked = query.clone();
    let counted = app.store().read(move |tx| read_counts(tx, &staff, asked.clone(), now));
    let loaded = app.store().read(move |tx| read(tx, &staff, query.clone(), open, now));
    let (counted, loaded) = tokio::try_join!(counted, loaded)?;
    let last_event = counted.last_event.min(loaded.last_event);
    Ok(Loaded { views: counted.views, total: counted.total, last_event, ..loaded })
}

/// The views, counted, with the list beside them.
struct Counted {
    views: Vec<View>,
    /// How many tickets the list has, as a reader is told.
    total: String,
    last_event: EventId,
}

fn read_counts(tx: &mut dyn Tx, staff: &Requester, mut query: ListQuery, now: Timestamp) -> Result<Counted, Error> {
    let last_event = last_event(tx, staff)?;
    let mut views = views(tx, staff)?;
    let view = view_of(&mut query, &views)?;
    let asked = query.asked(&view.query, staff);
    let totals = count(tx, staff, &mut views, &[&asked.filter], now)?;
    Ok(Counted { views, total: totals.first().cloned().unwrap_or_default(), last_event })
}

fn read(
    tx: &mut dyn Tx,
    staff: &Requester,
    mut query: ListQuery,
    open: Option<TicketId>,
    now: Timestamp,
) -> Result<Loaded, Error> {
    tx.ahead(&mut |tx| {
        let _ = open.map(|ticket| read_ticket(tx, staff, ticket, None));
        let _ = (views(tx, staff), directory(tx, staff));
    });
    let last_event = last_event(tx, staff)?;
    let page = open.map(|ticket| read_ticket(tx, staff, ticket, None)).transpose()?;
    let writes_on = open.filter(|_| has(staff.role, Right::WorkTickets));
    let draft = writes_on.map(|ticket| draft(tx, staff, ticket)).transpose()?.flatten();
    let views = views(tx, staff)?;
    let view = view_of(&mut query, &views)?;
    let asked = query.asked(&view.query, staff);
    let list = list_tickets(tx, staff, &asked.filter, asked.sort, asked.after.as_deref(), DEFAULT_LIMIT, now)?;
    let directory = directory(tx, staff)?;
    Ok(Loaded { staff: *staff, directory, query, views, view, list, total: String::new(), page, draft, last_event })
}

/// The view that `query` asks for. If there is none, that is noted, and it is the one that staff come home to.
fn view_of(query: &mut ListQuery, views: &[View]) -> Result<View, Error> {
    if !views.iter().any(|view| view.word == query.view) {
        query.unreadable.push("view".to_owned());
        HOME_VIEW.clone_into(&mut query.view);
    }
    Ok(views.iter().find(|view| view.word == query.view).ok_or(Error::NotFound)?.clone())
}
