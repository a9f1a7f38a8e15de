//! What happened: written, never changed.

use super::{Param, Row, StorageError, Tx, collect, statements};
use crate::domain::event::Event;
use crate::domain::{EventId, TicketId, Timestamp, UserId, WorkspaceId};

statements! {
    APPEND = "INSERT INTO event (workspace_id, ticket_id, actor_id, at, kind, before, after) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    OF_TICKET = "SELECT id, ticket_id, actor_id, at, kind, before, after FROM event WHERE workspace_id = $1 AND ticket_id = $2 ORDER BY id";
    PAGE = "SELECT id, ticket_id, actor_id, at, kind, before, after FROM event WHERE workspace_id = $1 AND id > $2 AND id <= $3
              ORDER BY id LIMIT $4";
}

/// An event as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    pub id: EventId,
    pub ticket: TicketId,
    pub actor: UserId,
    pub at: Timestamp,
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
    tx.execute_later(APPEND, &params)
}

/// What happened to a ticket, in order.
pub fn of_ticket(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    ticket: TicketId,
) -> Result<Vec<RecordedEvent>, StorageError> {
    collect(tx, OF_TICKET, &[Param::Int(workspace.0), Param::Int(ticket.0)], read)
}

/// Up to `limit` of the workspace's events after `after`, in order: the feed. Whoever goes on after the last event that
/// they were given misses none, though transactions may commit in another order than they numbered their events.
pub fn page(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    after: EventId,
    limit: i64,
) -> Result<Vec<RecordedEvent>, StorageError> {
    let settled = tx.last_settled_event()?;
    let params = [Param::Int(workspace.0), Param::Int(after.0), Param::Int(settled.0), Param::Int(limit)];
    collect(tx, PAGE, &params, read)
}

fn read(row: &dyn Row) -> Result<RecordedEvent, StorageError> {
    Ok(RecordedEvent {
        id: EventId(row.int(0)?),
        ticket: TicketId(row.int(1)?),
        actor: UserId(row.int(2)?),
        at: Timestamp(row.int(3)?),
        kind: row.text(4)?.to_owned(),
        before: row.opt_text(5)?.map(str::to_owned),
        after: row.text(6)?.to_owned(),
    })
}
