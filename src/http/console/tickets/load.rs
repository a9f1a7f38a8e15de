//! What the pages with tickets are made from, read at one moment.

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
    app.store().read(move |tx| read(tx, &staff, query.clone(), open, now)).await
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
    let mut views = views(tx, staff)?;
    if !views.iter().any(|view| view.word == query.view) {
        query.unreadable.push("view".to_owned());
        HOME_VIEW.clone_into(&mut query.view);
    }
    let view = views.iter().find(|view| view.word == query.view).ok_or(Error::NotFound)?.clone();
    let asked = query.asked(&view.query, staff);
    let list = list_tickets(tx, staff, &asked.filter, asked.sort, asked.after.as_deref(), DEFAULT_LIMIT, now)?;
    let totals = count(tx, staff, &mut views, &[&asked.filter], now)?;
    let total = totals.first().cloned().unwrap_or_default();
    let directory = directory(tx, staff)?;
    Ok(Loaded { staff: *staff, directory, query, views, view, list, total, page, draft, last_event })
}
