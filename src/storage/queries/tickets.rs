//! Tickets.

use super::{Param, StorageError, Tx, first, search, statements, unexpected};
use crate::domain::ticket::{Held, Subject};
use crate::domain::{CategoryId, Priority, Status, TicketId, Timestamp, UserId, WorkspaceId};
use crate::storage::Sequence;

statements! {
    COUNT_ONE_MORE = "UPDATE app_user SET open_tickets = open_tickets + 1
              WHERE workspace_id = $1 AND id = $2 AND active = TRUE
              AND ((SELECT open_ticket_limit FROM workspace WHERE id = $1) = 0
                  OR open_tickets < (SELECT open_ticket_limit FROM workspace WHERE id = $1))
              AND EXISTS (SELECT 1 FROM category WHERE workspace_id = $1 AND id = $3 AND active = TRUE)";
    HAS_PLACE = "SELECT 1 FROM app_user WHERE workspace_id = $1 AND id = $2 AND active = TRUE
              AND ((SELECT open_ticket_limit FROM workspace WHERE id = $1) = 0
                  OR open_tickets < (SELECT open_ticket_limit FROM workspace WHERE id = $1))";
    COUNT_DIFFERENCE = "UPDATE app_user SET open_tickets = open_tickets + $1 WHERE workspace_id = $2 AND id = $3";
    INSERT = "INSERT INTO ticket (workspace_id, requester_id, id, subject, subject_folded, priority, category_id, status, locked,
              created_at, updated_at, comment) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, FALSE, $8, $9, $10)";
    REQUESTER = "SELECT requester_id FROM ticket WHERE workspace_id = $1 AND id = $2";
    TOUCH = "UPDATE ticket SET updated_at = $1, held_bytes = held_bytes + $2
              WHERE workspace_id = $3 AND requester_id = $4 AND id = $5
              RETURNING priority, status, locked, snoozed_until, held_bytes";
    HELD = "SELECT held_bytes FROM ticket WHERE workspace_id = $1 AND requester_id = $2 AND id = $3";
    SET_STATUS = "UPDATE ticket SET status = $1, merged_into = CASE WHEN CAST($1 AS BIGINT) = 3 THEN merged_into END
              WHERE workspace_id = $2 AND requester_id = $3 AND id = $4";
    WAKE = "UPDATE ticket SET snoozed_until = NULL WHERE workspace_id = $1 AND requester_id = $2 AND id = $3";
    SET_PRIORITY = "UPDATE ticket SET priority = $1 WHERE workspace_id = $2 AND requester_id = $3 AND id = $4";
    VIEW = "SELECT t.id, t.subject, t.priority, t.category_id, t.comment, t.status, t.locked, t.created_at, t.updated_at,
              t.merged_into, u.email FROM ticket t
              JOIN app_user u ON u.id = t.requester_id AND u.workspace_id = t.workspace_id
              WHERE t.workspace_id = $1 AND t.requester_id = $2 AND t.id = $3";
    HISTORY = "SELECT id, subject, priority, category_id, comment, status, locked, created_at, updated_at, merged_into FROM ticket
              WHERE workspace_id = $1 AND requester_id = $2 AND id < $3
              ORDER BY id DESC LIMIT $4 OFFSET $5";
    FILTERED_HISTORY = "SELECT id, subject, priority, category_id, comment, status, locked, created_at, updated_at, merged_into FROM ticket
              WHERE workspace_id = $1 AND requester_id = $2 AND id < $3
              AND (category_id = $4 OR $4 = -1) AND (status = $5 OR $5 = -1)
              AND (subject_folded LIKE $6 ESCAPE '!' OR $6 = '')
              ORDER BY id DESC LIMIT $7 OFFSET $8";
    MISCOUNTED = "SELECT u.id, u.workspace_id FROM app_user u WHERE u.open_tickets <>
              (SELECT COUNT(*) FROM ticket t WHERE t.workspace_id = u.workspace_id AND t.requester_id = u.id AND t.status <> 3)
              ORDER BY u.id";
    COUNT = "SELECT COUNT(*) FROM ticket WHERE workspace_id = $1";
}

/// A ticket to be opened.
#[derive(Clone, Copy, Debug)]
pub struct NewTicket<'a> {
    pub workspace: WorkspaceId,
    pub requester: UserId,
    pub subject: &'a Subject,
    pub priority: Priority,
    pub category: CategoryId,
    pub comment: &'a str,
    pub at: Timestamp,
}

/// Which ticket, and whose: what the table is clustered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketKey {
    pub workspace: WorkspaceId,
    pub requester: UserId,
    pub id: TicketId,
}

impl TicketKey {
    pub(super) fn params(self) -> [Param<'static>; 3] {
        [Param::Int(self.workspace.0), Param::Int(self.requester.0), Param::Int(self.id.0)]
    }
}

/// What decides on a change to a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketState {
    pub priority: Priority,
    pub status: Status,
    /// Whether staff keep its status from its requester.
    pub locked: bool,
    /// Until when staff do not want to see it.
    pub snoozed_until: Option<Timestamp>,
    pub held: Held,
}

/// A ticket's own part of a list or a detailed view.
#[derive(Clone, Copy, Debug)]
pub struct TicketView<'a> {
    pub id: TicketId,
    pub subject: &'a str,
    pub priority: Priority,
    pub category: CategoryId,
    pub comment: &'a str,
    pub status: Status,
    /// Whether staff keep its status from its requester.
    pub locked: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The ticket that it was merged into.
    pub merged_into: Option<TicketId>,
}

/// What a history is narrowed down to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Part of the subject, case-folded.
    pub subject: Option<String>,
    pub category: Option<i64>,
    pub status: Option<i64>,
}

/// Which part of a history.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Only tickets with smaller ids.
    pub before: i64,
    pub limit: i64,
    pub offset: i64,
}

/// Counts one more open ticket of an active user, unless the workspace's limit is reached or the category is closed to new
/// tickets; gives whether it did. The user's row stays locked until the transaction ends, which is what makes the limit
/// exact.
pub fn count_one_more(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    user: UserId,
    category: CategoryId,
) -> Result<bool, StorageError> {
    let params = [Param::Int(workspace.0), Param::Int(user.0), Param::Int(category.0)];
    Ok(tx.execute(COUNT_ONE_MORE, &params)? > 0)
}

/// Whether [`count_one_more`] would count now, if the category is open.
pub fn has_place(tx: &mut dyn Tx, workspace: WorkspaceId, user: UserId) -> Result<bool, StorageError> {
    Ok(first(tx, HAS_PLACE, &[Param::Int(workspace.0), Param::Int(user.0)], |_| Ok(()))?.is_some())
}

/// Adds a ticket, which its requester's count already includes.
pub fn insert(tx: &mut dyn Tx, new: NewTicket<'_>) -> Result<TicketId, StorageError> {
    let id = tx.next_id(Sequence::Ticket)?;
    let folded = new.subject.folded();
    let params = [
        Param::Int(new.workspace.0),
        Param::Int(new.requester.0),
        Param::Int(id),
        Param::Text(new.subject.as_str()),
        Param::Text(&folded),
        Param::Int(new.priority.number()),
        Param::Int(new.category.0),
        Param::Int(new.at.0),
        Param::Int(new.at.0),
        Param::Text(new.comment),
    ];
    tx.execute_later(INSERT, &params)?;
    search::add_opening(tx, new.workspace, TicketId(id), new.subject.as_str(), new.comment)?;
    Ok(TicketId(id))
}

/// Whose ticket it is, if it is in the workspace.
pub fn requester(tx: &mut dyn Tx, workspace: WorkspaceId, id: TicketId) -> Result<Option<UserId>, StorageError> {
    first(tx, REQUESTER, &[Param::Int(workspace.0), Param::Int(id.0)], |row| row.int(0).map(UserId))
}

/// How much a ticket holds, as things stand.
pub fn held(tx: &mut dyn Tx, key: TicketKey) -> Result<Option<Held>, StorageError> {
    first(tx, HELD, &key.params(), |row| row.int(0).map(Held))
}

/// Marks a ticket as changed at `at`, by which it holds so much `more`, and gives its state. It stays locked until the
/// transaction ends, so that whoever decides by the state decides alone.
pub fn touch(tx: &mut dyn Tx, key: TicketKey, more: Held, at: Timestamp) -> Result<Option<TicketState>, StorageError> {
    let [workspace, requester, id] = key.params();
    first(tx, TOUCH, &[Param::Int(at.0), Param::Int(more.0), workspace, requester, id], |row| {
        Ok(TicketState {
            priority: priority(row.int(0)?, 0)?,
            status: status(row.int(1)?, 1)?,
            locked: row.bool(2)?,
            snoozed_until: row.opt_int(3)?.map(Timestamp),
            held: Held(row.int(4)?),
        })
    })
}

/// Moves a ticket from one status to another, and its requester's count with it. One that was merged into another and is
/// opened again lives on by itself.
pub fn set_status(tx: &mut dyn Tx, key: TicketKey, before: Status, after: Status) -> Result<(), StorageError> {
    let [workspace, requester, id] = key.params();
    tx.execute_later(SET_STATUS, &[Param::Int(after.number()), workspace, requester, id])?;
    let difference = i64::from(after.counts_as_open()) - i64::from(before.counts_as_open());
    if difference != 0 {
        tx.execute_later(COUNT_DIFFERENCE, &[Param::Int(difference), workspace, requester])?;
    }
    Ok(())
}

/// Gives a ticket another priority.
pub fn set_priority(tx: &mut dyn Tx, key: TicketKey, priority: Priority) -> Result<(), StorageError> {
    let [workspace, requester, id] = key.params();
    tx.execute_later(SET_PRIORITY, &[Param::Int(priority.number()), workspace, requester, id])
}

/// Brings a ticket back into the staff's sight.
pub fn wake(tx: &mut dyn Tx, key: TicketKey) -> Result<(), StorageError> {
    tx.execute_later(WAKE, &key.params())
}

/// Hands a ticket and its requester's e-mail address to `each`; gives whether there is one.
pub fn view(tx: &mut dyn Tx, key: TicketKey, each: &mut dyn FnMut(TicketView<'_>, &str)) -> Result<bool, StorageError> {
    let mut found = false;
    tx.query(VIEW, &key.params(), &mut |row| {
        found = true;
        each(read(row)?, row.text(10)?);
        Ok(())
    })?;
    Ok(found)
}

/// Hands a requester's tickets to `each`, newest first.
pub fn history(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    requester: UserId,
    filter: &Filter,
    page: Page,
    each: &mut dyn FnMut(TicketView<'_>),
) -> Result<(), StorageError> {
    let whose = [Param::Int(workspace.0), Param::Int(requester.0), Param::Int(page.before)];
    let [workspace, requester, before] = whose;
    let each = &mut |row: &dyn super::Row| {
        each(read(row)?);
        Ok(())
    };
    if filter.subject.is_none() && filter.category.is_none() && filter.status.is_none() {
        let params = [workspace, requester, before, Param::Int(page.limit), Param::Int(page.offset)];
        return tx.query(HISTORY, &params, each);
    }
    if filter.subject.as_ref().is_some_and(|part| part.contains('\0')) {
        // No subject has that character, and not every engine could be asked for it.
        return Ok(());
    }
    let pattern = filter.subject.as_deref().map(contains).unwrap_or_default();
    let params = [
        workspace,
        requester,
        before,
        Param::Int(filter.category.unwrap_or(-1)),
        Param::Int(filter.status.unwrap_or(-1)),
        Param::Text(&pattern),
        Param::Int(page.limit),
        Param::Int(page.offset),
    ];
    tx.query(FILTERED_HISTORY, &params, each)
}

/// Users whose count of open tickets is wrong, which no sequence of use cases should bring about.
pub fn miscounted(tx: &mut dyn Tx) -> Result<Vec<(WorkspaceId, UserId)>, StorageError> {
    super::collect(tx, MISCOUNTED, &[], |row| Ok((WorkspaceId(row.int(1)?), UserId(row.int(0)?))))
}

/// How many tickets the workspace has.
pub fn count(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<i64, StorageError> {
    super::only(tx, COUNT, &[Param::Int(workspace.0)], |row| row.int(0))
}

/// The LIKE pattern for "contains `part`", in which nothing of `part` is a wildcard.
pub(super) fn contains(part: &str) -> String {
    let mut pattern = String::with_capacity(part.len() + 2);
    pattern.push('%');
    for c in part.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn read(row: &dyn super::Row) -> Result<TicketView<'_>, StorageError> {
    Ok(TicketView {
        id: TicketId(row.int(0)?),
        subject: row.text(1)?,
        priority: priority(row.int(2)?, 2)?,
        category: CategoryId(row.int(3)?),
        comment: row.text(4)?,
        status: status(row.int(5)?, 5)?,
        locked: row.bool(6)?,
        created_at: Timestamp(row.int(7)?),
        updated_at: Timestamp(row.int(8)?),
        merged_into: row.opt_int(9)?.map(TicketId),
    })
}

pub(super) fn priority(number: i64, column: usize) -> Result<Priority, StorageError> {
    Priority::from_number(number).ok_or_else(|| unexpected(column, format!("no priority {number}")))
}

pub(super) fn status(number: i64, column: usize) -> Result<Status, StorageError> {
    Status::from_number(number).ok_or_else(|| unexpected(column, format!("no status {number}")))
}
