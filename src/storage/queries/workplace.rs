//! What a member of staff has at hand: what they have seen, what they have begun to write, and who else is there.

use super::{Param, StorageError, Tx, collect, first, statements};
use crate::domain::{EventId, TicketId, Timestamp, UserId, WorkspaceId};

statements! {
    MARK_SEEN = "INSERT INTO ticket_seen (workspace_id, user_id, ticket_id, event_id) VALUES ($1, $2, $3, $4)
              ON CONFLICT (workspace_id, user_id, ticket_id) DO UPDATE SET event_id = excluded.event_id
              WHERE ticket_seen.workspace_id = excluded.workspace_id AND ticket_seen.event_id < excluded.event_id";
    DRAFT = "SELECT internal, body, updated_at FROM draft WHERE workspace_id = $1 AND user_id = $2 AND ticket_id = $3";
    KEEP_DRAFT = "INSERT INTO draft (workspace_id, user_id, ticket_id, internal, body, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
              ON CONFLICT (workspace_id, user_id, ticket_id)
              DO UPDATE SET internal = excluded.internal, body = excluded.body, updated_at = excluded.updated_at";
    DROP_DRAFT = "DELETE FROM draft WHERE workspace_id = $1 AND user_id = $2 AND ticket_id = $3";
    BE_PRESENT = "INSERT INTO presence (workspace_id, ticket_id, user_id, writing, at) VALUES ($1, $2, $3, $4, $5)
              ON CONFLICT (workspace_id, ticket_id, user_id) DO UPDATE SET writing = excluded.writing, at = excluded.at";
    LEAVE = "DELETE FROM presence WHERE workspace_id = $1 AND ticket_id = $2 AND user_id = $3";
    PRESENT = "SELECT p.user_id, u.email, u.name, p.writing FROM presence p
              JOIN app_user u ON u.id = p.user_id AND u.workspace_id = p.workspace_id
              WHERE p.workspace_id = $1 AND p.ticket_id = $2 AND p.user_id <> $3 AND p.at > $4 ORDER BY p.user_id";
}

/// What somebody has begun to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Whether it is to be an internal note.
    pub internal: bool,
    pub body: String,
    pub updated_at: Timestamp,
}

/// Somebody who has a ticket open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Present {
    pub user: UserId,
    pub email: String,
    /// Empty if it is not known.
    pub name: String,
    pub writing: bool,
}

/// Notes that a user has seen a ticket up to `event`; never less than before.
pub fn mark_seen(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    user: UserId,
    ticket: TicketId,
    event: EventId,
) -> Result<(), StorageError> {
    let params = [Param::Int(workspace.0), Param::Int(user.0), Param::Int(ticket.0), Param::Int(event.0)];
    tx.execute_later(MARK_SEEN, &params)
}

/// What a user has begun to write on a ticket.
pub fn draft(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    user: UserId,
    ticket: TicketId,
) -> Result<Option<Draft>, StorageError> {
    first(tx, DRAFT, &[Param::Int(workspace.0), Param::Int(user.0), Param::Int(ticket.0)], |row| {
        Ok(Draft { internal: row.bool(0)?, body: row.text(1)?.to_owned(), updated_at: Timestamp(row.int(2)?) })
    })
}

/// Keeps what a user has begun to write, in the place of what they had.
pub fn keep_draft(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    user: UserId,
    ticket: TicketId,
    draft: &Draft,
) -> Result<(), StorageError> {
    let params = [
        Param::Int(workspace.0),
        Param::Int(user.0),
        Param::Int(ticket.0),
        Param::Bool(draft.internal),
        Param::Text(&draft.body),
        Param::Int(draft.updated_at.0),
    ];
    tx.execute_later(KEEP_DRAFT, &params)
}

/// Forgets what a user has begun to write.
pub fn drop_draft(tx: &mut dyn Tx, workspace: WorkspaceId, user: UserId, ticket: TicketId) -> Result<(), StorageError> {
    tx.execute_later(DROP_DRAFT, &[Param::Int(workspace.0), Param::Int(user.0), Param::Int(ticket.0)])
}

/// Notes that a user has a ticket open.
pub fn be_present(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    user: UserId,
    ticket: TicketId,
    writing: bool,
    at: Timestamp,
) -> Result<(), StorageError> {
    let params =
        [Param::Int(workspace.0), Param::Int(ticket.0), Param::Int(user.0), Param::Bool(writing), Param::Int(at.0)];
    tx.execute_later(BE_PRESENT, &params)
}

/// Notes that a user has a ticket open no longer.
pub fn leave(tx: &mut dyn Tx, workspace: WorkspaceId, user: UserId, ticket: TicketId) -> Result<(), StorageError> {
    tx.execute_later(LEAVE, &[Param::Int(workspace.0), Param::Int(ticket.0), Param::Int(user.0)])
}

/// Who else has had a ticket open since.
pub fn present(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    user: UserId,
    ticket: TicketId,
    since: Timestamp,
) -> Result<Vec<Present>, StorageError> {
    let params = [Param::Int(workspace.0), Param::Int(ticket.0), Param::Int(user.0), Param::Int(since.0)];
    collect(tx, PRESENT, &params, |row| {
        Ok(Present {
            user: UserId(row.int(0)?),
            email: row.text(1)?.to_owned(),
            name: row.text(2)?.to_owned(),
            writing: row.bool(3)?,
        })
    })
}
