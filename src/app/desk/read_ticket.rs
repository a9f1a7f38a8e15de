//! A member of staff reads a ticket, as it is or as it was.

use serde_json::Value;

use super::reach;
use super::rights::Right;
use crate::domain::attachment::StoredFile;
use crate::domain::user::Requester;
use crate::domain::{
    AttachmentId, CategoryId, Error, EventId, Priority, Status, TagId, TeamId, TicketId, Timestamp, UserId,
};
use crate::storage::queries::attachments::{self, DeskAttachment};
use crate::storage::queries::conversations::{self, DeskConversation};
use crate::storage::queries::desk_tickets::{self, DeskTicket, MergedTicket};
use crate::storage::queries::events::{self, RecordedEvent};
use crate::storage::{Tx, together};

/// A ticket with all that belongs to it.
#[derive(Clone, Debug)]
pub struct TicketPage {
    pub ticket: DeskTicket,
    /// What its requester wrote when they opened it.
    pub comment: String,
    /// Tickets that live on in this one; what was said on them is among the conversations.
    pub merged: Vec<MergedTicket>,
    /// What was said on it and on those that were merged into it, notes included, oldest first.
    pub conversations: Vec<DeskConversation>,
    pub attachments: Vec<DeskAttachment>,
    /// What happened to the ticket itself, oldest first.
    pub events: Vec<RecordedEvent>,
}

/// Reads a ticket as it was right after the event `seen`, or as it is if that is `None`. When it is that it was snoozed or
/// merged is not known of the past if its requester's reply ended it.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`] as [`reach::ticket`], and when the ticket was not there yet.
pub fn read_ticket(
    tx: &mut dyn Tx,
    staff: &Requester,
    ticket: TicketId,
    seen: Option<EventId>,
) -> Result<TicketPage, Error> {
    let key = reach::ticket(tx, staff, ticket, Right::ReadTickets)?;
    let mut page = together(tx, |tx| {
        let (found, comment) =
            (desk_tickets::by_id(tx, (key.workspace, staff.user), ticket)?, desk_tickets::comment(tx, key)?);
        let merged = desk_tickets::merged_into(tx, key)?;
        let conversations = conversations::all_of_ticket(tx, key.workspace, ticket)?;
        let attachments = attachments::all_of_ticket(tx, key.workspace, ticket)?;
        let events = events::of_ticket(tx, key.workspace, ticket)?;
        let (ticket, comment) = found.zip(comment).ok_or(Error::NotFound)?;
        Ok::<_, Error>(TicketPage { ticket, comment, merged, conversations, attachments, events })
    })?;
    if let Some(seen) = seen {
        rewind(&mut page, seen)?;
    }
    for merged in page.merged.iter().map(|merged| merged.id) {
        page.conversations.extend(conversations::all_of_ticket(tx, key.workspace, merged)?);
        page.attachments.extend(attachments::all_of_ticket(tx, key.workspace, merged)?);
    }
    page.conversations.sort_by_key(|conversation| conversation.id);
    Ok(page)
}

/// Undoes what happened after `seen`, the latest first.
fn rewind(page: &mut TicketPage, seen: EventId) -> Result<(), Error> {
    while let Some(event) = page.events.pop_if(|event| event.id > seen) {
        let told = event.before.as_deref().map_or(Ok(Value::Null), serde_json::from_str).map_err(Error::internal)?;
        let after: Value = serde_json::from_str(&event.after).map_err(Error::internal)?;
        undo(page, &event.kind, &told, &after);
    }
    let last = page.events.last().ok_or(Error::NotFound)?;
    page.ticket.last_event = last.id;
    page.ticket.updated_at = last.at;
    page.attachments.retain(|attachment| attachment.created_at <= last.at);
    Ok(())
}

fn undo(page: &mut TicketPage, kind: &str, before: &Value, after: &Value) {
    let ticket = &mut page.ticket;
    let number = |value: &Value| value.as_i64();
    let code = |value: &Value| value.as_str().and_then(|code| code.parse().ok());
    match kind {
        "ticket.replied" | "ticket.noted" => {
            let gone = number(&after["conversation"]);
            page.conversations.retain(|conversation| Some(conversation.id.0) != gone);
        }
        "ticket.absorbed" => {
            let gone = number(&after["ticket"]);
            page.merged.retain(|merged| Some(merged.id.0) != gone);
        }
        "ticket.status_changed" => {
            ticket.status = code(&before["status"]).and_then(Status::from_number).unwrap_or(ticket.status);
        }
        "ticket.priority_changed" => {
            ticket.priority = code(&before["priority"]).and_then(Priority::from_number).unwrap_or(ticket.priority);
        }
        "ticket.subject_changed" => {
            before["subject"].as_str().unwrap_or_default().clone_into(&mut ticket.subject);
        }
        "ticket.category_changed" => {
            ticket.category = number(&before["category"]).map_or(ticket.category, CategoryId);
        }
        "ticket.tags_changed" => {
            ticket.tags = before["tags"].as_array().into_iter().flatten().filter_map(number).map(TagId).collect();
        }
        "ticket.lock_changed" => ticket.locked = before["locked"].as_bool().unwrap_or_default(),
        "ticket.assignee_changed" => ticket.assignee = number(&before["assignee"]).map(UserId),
        "ticket.team_changed" => ticket.team = number(&before["team"]).map(TeamId),
        "ticket.snooze_changed" => ticket.snoozed_until = number(&before["snoozed_until"]).map(Timestamp),
        "ticket.merge_changed" => ticket.merged_into = number(&before["merged_into"]).map(TicketId),
        _ => {}
    }
}

/// Where the bytes of a file on a ticket are, and what to call them.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::NotFound`] when there is no such file, and when its ticket is out of reach.
pub fn read_attachment(tx: &mut dyn Tx, staff: &Requester, id: AttachmentId) -> Result<StoredFile, Error> {
    let (ticket, file) = attachments::of_workspace(tx, staff.workspace, id)?.ok_or(Error::NotFound)?;
    reach::ticket(tx, staff, ticket, Right::ReadTickets)?;
    Ok(file)
}
