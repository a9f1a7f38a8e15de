//! Endpoint 8: a customer says something on a ticket.

use super::blob_deletion::attach;
use super::own_ticket::{Ownership, ownership};
use crate::domain::attachment::StoredFile;
use crate::domain::conversation::Visibility;
use crate::domain::event::{Change, Event};
use crate::domain::id::GivenId;
use crate::domain::ticket::{Happening, Held, next_status};
use crate::domain::user::Requester;
use crate::domain::workspace::Workspace;
use crate::domain::{Checked, ConversationId, Error, Invalid, Problem, Status, Timestamp};
use crate::storage::queries::conversations::NewConversation;
use crate::storage::queries::tickets::TicketKey;
use crate::storage::queries::{conversations, events, tickets, workspaces};
use crate::storage::{Sequence, Tx};

/// A reply as it was asked for; each field holds its value or what is wrong with it.
#[derive(Clone, Debug)]
pub struct ReplyFields {
    pub ticket: Checked<GivenId>,
    pub comment: Checked<String>,
    /// Whether the files may be attached.
    pub attachment: Checked<()>,
}

impl ReplyFields {
    /// Whether nothing is wrong that can be seen without the database.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.ticket.is_ok() && self.comment.is_ok() && self.attachment.is_ok()
    }
}

/// Fields that hold what they must.
#[derive(Clone, Debug)]
pub struct ValidReply {
    ticket: TicketKey,
    comment: String,
}

/// Checks the fields, all of them.
///
/// # Errors
/// [`Error::Invalid`] with every field that failed.
pub fn check(tx: &mut dyn Tx, caller: &Requester, fields: &ReplyFields) -> Result<ValidReply, Error> {
    let mut invalid = Invalid::default();
    let ticket = match &fields.ticket {
        Err(problems) => Err(problems.clone()),
        Ok(given) => match ownership(tx, caller, given.number())? {
            Ownership::Own(key) => Ok(key),
            Ownership::Anothers => Err(vec![Problem::NotTheOwner]),
            Ownership::Unknown => Err(vec![Problem::UnknownPk(given.given().to_owned())]),
        },
    };
    let ticket = invalid.take("ticket", ticket);
    let comment = invalid.take("comment", fields.comment.clone());
    let attachment = invalid.take("attachment", fields.attachment.clone());
    match (ticket, comment, attachment) {
        (Some(ticket), Some(comment), Some(())) => Ok(ValidReply { ticket, comment }),
        _ => Err(Error::Invalid(invalid)),
    }
}

/// Checks the fields, and that the ticket has room for the comment as things stand.
///
/// # Errors
/// As [`reply`], which still decides.
pub fn check_with_room(tx: &mut dyn Tx, caller: &Requester, fields: &ReplyFields) -> Result<(), Error> {
    let ValidReply { ticket, comment } = check(tx, caller, fields)?;
    let held = tickets::held(tx, ticket)?.ok_or(Error::NotFound)?;
    has_room(held.with(&comment))
}

fn has_room(held: Held) -> Result<(), Error> {
    held.within(Held::MAX).map_err(|full| Error::invalid("comment", full))
}

/// The status of a ticket after its requester has replied. Staff who locked it keep its status.
#[must_use]
pub fn status_after(workspace: &Workspace, now: Status, locked: bool) -> Status {
    let reopens = workspace.reopen_on_reply && !locked;
    next_status(now, Happening::RequesterReplies { reopens }).unwrap_or(now)
}

/// Adds a public conversation with `files`, whose bytes are stored already. A closed ticket is reopened, if the
/// workspace wants it so.
///
/// # Errors
/// [`Error::Invalid`] as [`check`], and when the ticket is full; [`Error::Busy`] when the files' bytes were deleted since.
pub fn reply(
    tx: &mut dyn Tx,
    caller: &Requester,
    fields: &ReplyFields,
    files: &[StoredFile],
    at: Timestamp,
) -> Result<ConversationId, Error> {
    let ValidReply { ticket: key, comment } = check(tx, caller, fields)?;
    tx.will_need_id(Sequence::Conversation)?;
    let state = tickets::touch(tx, key, Held::by(&comment), at)?.ok_or(Error::NotFound)?;
    has_room(state.held)?;
    let new = NewConversation {
        workspace: key.workspace,
        ticket: key.id,
        author: caller.user,
        visibility: Visibility::Public,
        comment: &comment,
        at,
    };
    let conversation = conversations::insert(tx, new)?;
    attach(tx, key.workspace, key.id, Some(conversation), files, at)?;
    let event = |change| Event { workspace: key.workspace, ticket: key.id, actor: caller.user, at, change };
    events::append(tx, &event(Change::Replied { conversation }))?;
    if let Some(until) = state.snoozed_until {
        tickets::wake(tx, key)?;
        events::append(tx, &event(Change::SnoozeChanged { before: Some(until), after: None }))?;
    }
    let workspace = workspaces::by_id(tx, key.workspace)?.ok_or(Error::NotFound)?;
    let after = status_after(&workspace, state.status, state.locked);
    if after != state.status {
        tickets::set_status(tx, key, state.status, after)?;
        events::append(tx, &event(Change::StatusChanged { before: state.status, after }))?;
    }
    Ok(conversation)
}
