//! What happened: written, never changed.

use super::{Param, StorageError, Tx, collect, statements};
use crate::domain::event::Event;
use crate::domain::{EventId, TicketId, WorkspaceId};

statements! {
    APPEND = "INSERT INTO event (workspace_id, ticket_id, actor_id, at, kind, before, after) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    OF_TICKET = "SELECT id, actor_id, at, kind, before, after FROM event WHERE workspace_id = $1 AND ticket_id = $2 ORDER BY id";
}

/// An event as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    pub id: EventId,
    pub actor: crate::domain::UserId,
    pub at: crate::domain::Timestamp,
    pub kind: String,
    /// JSON, or `None` if nothing was so before.
    pub before: Option<String>,
    /// JSON.
    pub after: String,
}

/// Records an event.
pub fn append(tx: &mut dyn Tx, event: &Event) -> Result<(), StorageError> {
    let before = event.change.before().map(|value| value.to_string());
    let after = event.change.after().to_string();
    let params = [
        Param::Int(event.workspace.0),
        Param::Int(event.ticket.0),
        Param::Int(event.actor.0),
        Param::Int(event.at.0),
        Param::Text(event.change.kind()),
        Param::opt_text(before.as_deref()),
        Param::Text(&after),
    ];
    tx.execute(APPEND, &params)?;
    Ok(())
}

/// What happened to a ticket, in order.
pub fn of_ticket(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    ticket: TicketId,
) -> Result<Vec<RecordedEvent>, StorageError> {
    collect(tx, OF_TICKET, &[Param::Int(workspace.0), Param::Int(ticket.0)], |row| {
        Ok(RecordedEvent {
            id: EventId(row.int(0)?),
            actor: crate::domain::UserId(row.int(1)?),
            at: crate::domain::Timestamp(row.int(2)?),
            kind: row.text(3)?.to_owned(),
            before: row.opt_text(4)?.map(str::to_owned),
            after: row.text(5)?.to_owned(),
        })
    })
}
