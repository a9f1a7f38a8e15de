//! Tickets as the staff see them.

use super::tickets::{TicketKey, priority, status};
use super::{Param, Row, StorageError, Tx, collect, first, statements};
use crate::domain::ticket::Held;
use crate::domain::{
    CategoryId, EventId, Priority, Status, TagId, TeamId, TicketId, Timestamp, UserId, WorkspaceId, text,
};

/// The columns that [`read`] reads, of a ticket `t` and its requester `u`, for the reader `$1`. The preview is what was
/// said last.
macro_rules! columns {
    () => {
        "t.id, t.requester_id, u.email, u.name, t.subject,
         COALESCE((SELECT SUBSTR(c.comment, 1, 200) FROM conversation c WHERE c.workspace_id = t.workspace_id
             AND c.ticket_id = t.id AND c.internal = FALSE ORDER BY c.id DESC LIMIT 1), SUBSTR(t.comment, 1, 200)),
         t.priority, t.category_id, t.status, t.locked, t.assignee_id, t.team_id, t.snoozed_until, t.merged_into,
         t.created_at, t.updated_at,
         (SELECT MAX(e.id) FROM event e WHERE e.workspace_id = t.workspace_id AND e.ticket_id = t.id),
         (SELECT STRING_AGG(CAST(g.tag_id AS TEXT), ',') FROM ticket_tag g
             WHERE g.workspace_id = t.workspace_id AND g.ticket_id = t.id),
         (SELECT s.event_id FROM ticket_seen s
             WHERE s.workspace_id = t.workspace_id AND s.user_id = $1 AND s.ticket_id = t.id)
         FROM ticket t JOIN app_user u ON u.id = t.requester_id AND u.workspace_id = t.workspace_id"
    };
}

mod few;
mod filter;
mod list;
mod ways;

pub use few::few_within_reach;
pub use filter::{DeskFilter, Snoozed, Whose};
pub(super) use list::within_reach;
pub use list::{DeskPage, Sort, by_ids, count, list};

statements! {
    BY_ID = concat!("SELECT ", columns!(), " WHERE t.workspace_id = $2 AND t.id = $3");
    COMMENT = "SELECT comment FROM ticket WHERE workspace_id = $1 AND requester_id = $2 AND id = $3";
    LOCK = "UPDATE ticket SET locked = locked WHERE workspace_id = $1 AND requester_id = $2 AND id = $3
              RETURNING subject, priority, category_id, status, locked, assignee_id, team_id, snoozed_until, merged_into, held_bytes";
    SET = "UPDATE ticket SET subject = $1, subject_folded = $2, priority = $3, category_id = $4, locked = $5, assignee_id = $6,
              team_id = $7, snoozed_until = $8, merged_into = $9, held_bytes = $10, updated_at = $11
              WHERE workspace_id = $12 AND requester_id = $13 AND id = $14";
    LAST_EVENT = "SELECT MAX(id) FROM event WHERE workspace_id = $1 AND ticket_id = $2";
    MERGED_INTO = "SELECT id, subject, comment, created_at FROM ticket WHERE workspace_id = $1 AND requester_id = $2 AND merged_into = $3 ORDER BY id";
    WHAT_REFUSES = "SELECT merged_into, held_bytes FROM ticket WHERE workspace_id = $1 AND requester_id = $2 AND id = $3";
    HELD_WITH_MERGED = "SELECT CAST(COALESCE(SUM(held_bytes), 0) AS BIGINT) FROM ticket
              WHERE workspace_id = $1 AND requester_id = $2 AND (id = $3 OR merged_into = $3)";
    REACHES = "SELECT 1 FROM ticket t WHERE t.workspace_id = $1 AND t.id = $2 AND (t.assignee_id = $3 OR t.team_id IN
              (SELECT m.team_id FROM team_member m WHERE m.workspace_id = $1 AND m.user_id = $3))";
}

/// A ticket in a list of the desk, and at the head of its page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskTicket {
    pub id: TicketId,
    pub requester: UserId,
    pub requester_email: String,
    /// Empty if it is not known.
    pub requester_name: String,
    pub subject: String,
    /// The beginning of what was said last, notes aside.
    pub preview: String,
    pub priority: Priority,
    pub category: CategoryId,
    pub status: Status,
    /// Whether staff keep its status from its requester.
    pub locked: bool,
    pub assignee: Option<UserId>,
    pub team: Option<TeamId>,
    pub snoozed_until: Option<Timestamp>,
    pub merged_into: Option<TicketId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The number of its last event, which is its version.
    pub last_event: EventId,
    /// In the order of their ids.
    pub tags: Vec<TagId>,
    /// The last event that the reader has seen of it, if any.
    pub seen: Option<EventId>,
}

impl DeskTicket {
    /// Whether something happened to it that the reader has not seen.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        self.seen < Some(self.last_event)
    }
}

/// What staff change of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskState {
    pub subject: String,
    pub priority: Priority,
    pub category: CategoryId,
    pub status: Status,
    pub locked: bool,
    pub assignee: Option<UserId>,
    pub team: Option<TeamId>,
    pub snoozed_until: Option<Timestamp>,
    pub merged_into: Option<TicketId>,
    pub held: Held,
}

/// A ticket that lives on in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedTicket {
    pub id: TicketId,
    pub subject: String,
    /// What its requester wrote when they opened it.
    pub comment: String,
    pub created_at: Timestamp,
}

/// Which tickets a member of staff reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of the workspace.
    All,
    /// Those of the user's teams, and those assigned to the user.
    TeamsOf(UserId),
}

/// The ticket numbered `id`, as `reader` sees it.
pub fn by_id(
    tx: &mut dyn Tx,
    (workspace, reader): (WorkspaceId, UserId),
    id: TicketId,
) -> Result<Option<DeskTicket>, StorageError> {
    first(tx, BY_ID, &[Param::Int(reader.0), Param::Int(workspace.0), Param::Int(id.0)], read)
}

/// What its requester wrote when they opened it.
pub fn comment(tx: &mut dyn Tx, key: TicketKey) -> Result<Option<String>, StorageError> {
    first(tx, COMMENT, &key.params(), |row| Ok(row.text(0)?.to_owned()))
}

/// The ticket's state, which stays as it is until the transaction ends.
pub fn lock(tx: &mut dyn Tx, key: TicketKey) -> Result<Option<DeskState>, StorageError> {
    first(tx, LOCK, &key.params(), |row| {
        Ok(DeskState {
            subject: row.text(0)?.to_owned(),
            priority: priority(row.int(1)?, 1)?,
            category: CategoryId(row.int(2)?),
            status: status(row.int(3)?, 3)?,
            locked: row.bool(4)?,
            assignee: row.opt_int(5)?.map(UserId),
            team: row.opt_int(6)?.map(TeamId),
            snoozed_until: row.opt_int(7)?.map(Timestamp),
            merged_into: row.opt_int(8)?.map(TicketId),
            held: Held(row.int(9)?),
        })
    })
}

/// Makes the ticket's state `state`, but for its status, which `tickets::set_status` changes.
pub fn set(tx: &mut dyn Tx, key: TicketKey, state: &DeskState, at: Timestamp) -> Result<(), StorageError> {
    let [workspace, requester, id] = key.params();
    let folded = text::fold(&state.subject);
    let params = [
        Param::Text(&state.subject),
        Param::Text(&folded),
        Param::Int(state.priority.number()),
        Param::Int(state.category.0),
        Param::Bool(state.locked),
        Param::opt_int(state.assignee.map(|id| id.0)),
        Param::opt_int(state.team.map(|id| id.0)),
        Param::opt_int(state.snoozed_until.map(|at| at.0)),
        Param::opt_int(state.merged_into.map(|id| id.0)),
        Param::Int(state.held.0),
        Param::Int(at.0),
        workspace,
        requester,
        id,
    ];
    tx.execute_later(SET, &params)
}

/// What an answer to the ticket may be refused for: where it lives on, and how much it holds.
pub fn what_refuses(tx: &mut dyn Tx, key: TicketKey) -> Result<Option<(Option<TicketId>, Held)>, StorageError> {
    first(tx, WHAT_REFUSES, &key.params(), |row| Ok((row.opt_int(0)?.map(TicketId), Held(row.int(1)?))))
}

/// How much the ticket holds together with those that were merged into it, which are read along.
pub fn held_with_merged(tx: &mut dyn Tx, key: TicketKey) -> Result<Held, StorageError> {
    Ok(first(tx, HELD_WITH_MERGED, &key.params(), |row| row.int(0).map(Held))?.unwrap_or(Held(0)))
}

/// The number of the ticket's last event.
pub fn last_event(tx: &mut dyn Tx, workspace: WorkspaceId, id: TicketId) -> Result<EventId, StorageError> {
    let last = super::only(tx, LAST_EVENT, &[Param::Int(workspace.0), Param::Int(id.0)], |row| row.opt_int(0))?;
    Ok(EventId(last.unwrap_or_default()))
}

/// The tickets that were merged into this one.
pub fn merged_into(tx: &mut dyn Tx, key: TicketKey) -> Result<Vec<MergedTicket>, StorageError> {
    collect(tx, MERGED_INTO, &key.params(), |row| {
        Ok(MergedTicket {
            id: TicketId(row.int(0)?),
            subject: row.text(1)?.to_owned(),
            comment: row.text(2)?.to_owned(),
            created_at: Timestamp(row.int(3)?),
        })
    })
}

/// Whether the ticket is assigned to the user, or is one of their teams'.
pub fn reaches(tx: &mut dyn Tx, workspace: WorkspaceId, id: TicketId, user: UserId) -> Result<bool, StorageError> {
    let params = [Param::Int(workspace.0), Param::Int(id.0), Param::Int(user.0)];
    Ok(first(tx, REACHES, &params, |_| Ok(()))?.is_some())
}

fn read(row: &dyn Row) -> Result<DeskTicket, StorageError> {
    let mut tags = row
        .opt_text(17)?
        .unwrap_or_default()
        .split_terminator(',')
        .map(|id| id.parse().map(TagId).map_err(|_| super::unexpected(17, "a tag's id is a number")))
        .collect::<Result<Vec<_>, _>>()?;
    tags.sort_unstable();
    Ok(DeskTicket {
        id: TicketId(row.int(0)?),
        requester: UserId(row.int(1)?),
        requester_email: row.text(2)?.to_owned(),
        requester_name: row.text(3)?.to_owned(),
        subject: row.text(4)?.to_owned(),
        preview: row.text(5)?.to_owned(),
        priority: priority(row.int(6)?, 6)?,
        category: CategoryId(row.int(7)?),
        status: status(row.int(8)?, 8)?,
        locked: row.bool(9)?,
        assignee: row.opt_int(10)?.map(UserId),
        team: row.opt_int(11)?.map(TeamId),
        snoozed_until: row.opt_int(12)?.map(Timestamp),
        merged_into: row.opt_int(13)?.map(TicketId),
        created_at: Timestamp(row.int(14)?),
        updated_at: Timestamp(row.int(15)?),
        last_event: EventId(row.opt_int(16)?.unwrap_or_default()),
        tags,
        seen: row.opt_int(18)?.map(EventId),
    })
}
