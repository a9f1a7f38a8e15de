//! Endpoint 2: a customer opens a ticket.

use super::blob_deletion::attach;
use crate::domain::attachment::StoredFile;
use crate::domain::event::{Change, Event};
use crate::domain::id::GivenId;
use crate::domain::ticket::Subject;
use crate::domain::user::Requester;
use crate::domain::{AuthFailure, CategoryId, Checked, Error, Invalid, Priority, Problem, TicketId, Timestamp, UserId};
use crate::storage::queries::tickets::NewTicket;
use crate::storage::queries::{catalogue, events, tickets, users, workspaces};
use crate::storage::{Sequence, Tx};

/// A ticket as it was asked for; each field holds its value or what is wrong with it.
#[derive(Clone, Debug)]
pub struct TicketFields {
    pub subject: Checked<Subject>,
    pub priority: Checked<Priority>,
    pub comment: Checked<String>,
    pub category: Checked<GivenId>,
    /// Whether the files may be attached.
    pub attachment: Checked<()>,
}

impl TicketFields {
    /// Whether nothing is wrong that can be seen without the database.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.subject.is_ok()
            && self.priority.is_ok()
            && self.comment.is_ok()
            && self.category.is_ok()
            && self.attachment.is_ok()
    }

    /// The values, if all fields hold one; whether the category is one for new tickets is not looked at.
    fn valid_if_category_is(&self) -> Option<ValidTicket> {
        self.attachment.as_ref().ok()?;
        Some(ValidTicket {
            subject: self.subject.as_ref().ok()?.clone(),
            priority: *self.priority.as_ref().ok()?,
            comment: self.comment.as_ref().ok()?.clone(),
            category: self.category.as_ref().ok()?.number().map(CategoryId)?,
        })
    }
}

/// Fields that hold what they must.
#[derive(Clone, Debug)]
pub struct ValidTicket {
    subject: Subject,
    priority: Priority,
    comment: String,
    category: CategoryId,
}

/// Checks the fields, all of them.
///
/// # Errors
/// [`Error::Invalid`] with every field that failed.
pub fn check(tx: &mut dyn Tx, caller: &Requester, fields: &TicketFields) -> Result<ValidTicket, Error> {
    let mut invalid = Invalid::default();
    let subject = invalid.take("subject", fields.subject.clone());
    let priority = invalid.take("priority", fields.priority.clone());
    let comment = invalid.take("comment", fields.comment.clone());
    let category = match &fields.category {
        Ok(given) => active_category(tx, caller, given)?,
        Err(problems) => Err(problems.clone()),
    };
    let category = invalid.take("category", category);
    let attachment = invalid.take("attachment", fields.attachment.clone());
    match (subject, priority, comment, category, attachment) {
        (Some(subject), Some(priority), Some(comment), Some(category), Some(())) => {
            Ok(ValidTicket { subject, priority, comment, category })
        }
        _ => Err(Error::Invalid(invalid)),
    }
}

/// Checks the fields, and that the caller may open one more ticket as things stand.
///
/// # Errors
/// As [`open_ticket`], which still decides.
pub fn check_with_limit(tx: &mut dyn Tx, caller: &Requester, fields: &TicketFields) -> Result<(), Error> {
    check(tx, caller, fields)?;
    if tickets::has_place(tx, caller.workspace, caller.user)? { Ok(()) } else { Err(no_place(tx, caller)?) }
}

/// How many open tickets the caller may have, if they have as many as things stand.
///
/// # Errors
/// When the database fails.
pub fn limit_reached(tx: &mut dyn Tx, caller: &Requester) -> Result<Option<i64>, Error> {
    if tickets::has_place(tx, caller.workspace, caller.user)? {
        return Ok(None);
    }
    Ok(workspaces::by_id(tx, caller.workspace)?.map(|workspace| workspace.open_ticket_limit))
}

/// Why the caller may not open one more ticket.
fn no_place(tx: &mut dyn Tx, caller: &Requester) -> Result<Error, Error> {
    Ok(match users::by_id(tx, caller.workspace, caller.user)? {
        Some(user) if user.active => Error::LimitReached,
        _ => Error::Unauthenticated(AuthFailure::InvalidToken),
    })
}

fn active_category(tx: &mut dyn Tx, caller: &Requester, given: &GivenId) -> Result<Checked<CategoryId>, Error> {
    if let Some(id) = given.number().map(CategoryId)
        && catalogue::category_is_active(tx, caller.workspace, id)?
    {
        return Ok(Ok(id));
    }
    Ok(Err(vec![Problem::UnknownPk(given.given().to_owned())]))
}

/// Opens a ticket with `files`, whose bytes are stored already.
///
/// # Errors
/// [`Error::Invalid`] as [`check`]; [`Error::LimitReached`] when the caller has as many open tickets as the workspace
/// allows, which holds under any concurrency; [`Error::Busy`] when the files' bytes were deleted since.
pub fn open_ticket(
    tx: &mut dyn Tx,
    caller: &Requester,
    fields: &TicketFields,
    files: &[StoredFile],
    at: Timestamp,
) -> Result<TicketId, Error> {
    open_for(tx, caller, caller.user, fields, files, at)
}

/// As [`open_ticket`], a ticket of `caller` that `actor` opens.
pub(super) fn open_for(
    tx: &mut dyn Tx,
    caller: &Requester,
    actor: UserId,
    fields: &TicketFields,
    files: &[StoredFile],
    at: Timestamp,
) -> Result<TicketId, Error> {
    // With fields in order, the count looks at the category too: one question to the database instead of two.
    let valid = match fields.valid_if_category_is() {
        Some(valid) => valid,
        None => check(tx, caller, fields)?,
    };
    tx.will_need_id(Sequence::Ticket)?;
    if !tickets::count_one_more(tx, caller.workspace, caller.user, valid.category)? {
        // What is wrong with the fields comes first.
        check(tx, caller, fields)?;
        return Err(no_place(tx, caller)?);
    }
    let new = NewTicket {
        workspace: caller.workspace,
        requester: caller.user,
        subject: &valid.subject,
        priority: valid.priority,
        category: valid.category,
        comment: &valid.comment,
        at,
    };
    let ticket = tickets::insert(tx, new)?;
    attach(tx, caller.workspace, ticket, None, files, at)?;
    let change = Change::Opened { priority: valid.priority, category: valid.category };
    events::append(tx, &Event { workspace: caller.workspace, ticket, actor, at, change })?;
    Ok(ticket)
}
