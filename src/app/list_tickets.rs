//! Endpoint 3: a customer looks through their tickets.

use crate::domain::user::Requester;
use crate::domain::{Checked, Error, Invalid, TicketId};
use crate::storage::Tx;
use crate::storage::queries::catalogue;
use crate::storage::queries::tickets::{self, Filter, Page, TicketView};

/// Tickets on a page that does not say how many.
pub const DEFAULT_LIMIT: i64 = 50;

/// Tickets on a page at the most; who asks for more gets this many.
pub const MAX_LIMIT: i64 = 1000;

/// Bytes of text after which a page ends early, so that a few huge tickets cannot fill the memory. A thousand ordinary
/// tickets are far from it.
const PAGE_MAX_BYTES: usize = 16 * 1024 * 1024;

/// Part of a subject longer than this, in bytes, is in no subject, even after case folding has lengthened it.
const SUBJECT_PART_MAX_BYTES: usize = crate::domain::ticket::SUBJECT_MAX_CHARS * 12;

/// A number to filter by: one that a row may have, or one that none has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterId {
    Is(i64),
    NamesNothing,
}

/// What to list, as it was asked for; each field holds its value or what is wrong with it.
#[derive(Clone, Debug)]
pub struct ListFields {
    /// Part of the subject, as the caller wrote it.
    pub subject: Option<String>,
    pub category: Checked<Option<FilterId>>,
    pub status: Checked<Option<FilterId>>,
    pub limit: Checked<Option<i64>>,
    pub offset: Checked<Option<i64>>,
    /// The last ticket of the page before.
    pub cursor: Checked<Option<TicketId>>,
}

/// Hands the caller's own tickets to `each`, newest first, each with its category's name. Gives the last ticket listed
/// if there are more.
///
/// # Errors
/// [`Error::Invalid`] with every field that failed.
pub fn list_tickets(
    tx: &mut dyn Tx,
    caller: &Requester,
    fields: &ListFields,
    each: &mut dyn FnMut(&TicketView<'_>, &str),
) -> Result<Option<TicketId>, Error> {
    let mut invalid = Invalid::default();
    let category = invalid.take("category", fields.category.clone());
    let status = invalid.take("status", fields.status.clone());
    let limit = invalid.take("limit", fields.limit.clone());
    let offset = invalid.take("offset", fields.offset.clone());
    let cursor = invalid.take("cursor", fields.cursor.clone());
    let (Some(category), Some(status), Some(limit), Some(offset), Some(cursor)) =
        (category, status, limit, offset, cursor)
    else {
        return Err(Error::Invalid(invalid));
    };
    let subject = fields.subject.as_deref().map(|part| crate::domain::text::fold(part).into_owned());
    let no_subject_has_it =
        subject.as_ref().is_some_and(|part| part.len() > SUBJECT_PART_MAX_BYTES || part.contains('\0'));
    let names_nothing = Some(FilterId::NamesNothing);
    if no_subject_has_it || category == names_nothing || status == names_nothing {
        return Ok(None);
    }
    let filter = Filter { subject, category: category.and_then(number), status: status.and_then(number) };
    let limit = limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
    let page = Page {
        before: cursor.map_or(i64::MAX, |last| last.0),
        // One more than is shown tells whether there are more.
        limit: limit + 1,
        offset: offset.unwrap_or(0),
    };
    let titles = catalogue::category_names(tx, caller.workspace)?;
    let mut shown = 0;
    let mut shown_bytes = 0;
    let mut last = None;
    let mut more = false;
    tickets::history(tx, caller.workspace, caller.user, &filter, page, &mut |ticket| {
        if more || shown == limit || shown_bytes > PAGE_MAX_BYTES {
            more = true;
            return;
        }
        shown += 1;
        shown_bytes += ticket.subject.len() + ticket.comment.len();
        last = Some(ticket.id);
        let title = titles.binary_search_by_key(&ticket.category, |(id, _)| *id).map_or("", |at| &titles[at].1);
        each(&ticket, title);
    })?;
    Ok(last.filter(|_| more))
}

fn number(filter: FilterId) -> Option<i64> {
    match filter {
        FilterId::Is(number) => Some(number),
        FilterId::NamesNothing => None,
    }
}
