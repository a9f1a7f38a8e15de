//! Tickets as the staff see them.

use std::fmt::Write as _;

use super::tickets::{TicketKey, contains, priority, status};
use super::{Param, Row, StorageError, Tx, collect, first, statements};
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

statements! {
    BY_ID = concat!("SELECT ", columns!(), " WHERE t.workspace_id = $2 AND t.id = $3");
    COMMENT = "SELECT comment FROM ticket WHERE workspace_id = $1 AND requester_id = $2 AND id = $3";
    LOCK = "UPDATE ticket SET locked = locked WHERE workspace_id = $1 AND requester_id = $2 AND id = $3
              RETURNING subject, priority, category_id, status, locked, assignee_id, team_id, snoozed_until, merged_into";
    SET = "UPDATE ticket SET subject = $1, subject_folded = $2, priority = $3, category_id = $4, locked = $5, assignee_id = $6,
              team_id = $7, snoozed_until = $8, merged_into = $9, updated_at = $10
              WHERE workspace_id = $11 AND requester_id = $12 AND id = $13";
    LAST_EVENT = "SELECT MAX(id) FROM event WHERE workspace_id = $1 AND ticket_id = $2";
    MERGED_INTO = "SELECT id, subject, comment, created_at FROM ticket WHERE workspace_id = $1 AND requester_id = $2 AND merged_into = $3 ORDER BY id";
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

/// A person or a team to filter by, or nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<Id> {
    Is(Id),
    Nobodys,
}

/// What to do with tickets that are snoozed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Snoozed {
    #[default]
    Hidden,
    Only,
    Included,
}

/// What a list is narrowed down to. What is empty or `None` narrows nothing down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeskFilter {
    pub statuses: Vec<Status>,
    pub priorities: Vec<Priority>,
    pub categories: Vec<CategoryId>,
    /// Tickets with any of them.
    pub tags: Vec<TagId>,
    pub assignee: Option<Whose<UserId>>,
    pub team: Option<Whose<TeamId>>,
    pub requester: Option<UserId>,
    pub created_from: Option<Timestamp>,
    pub created_before: Option<Timestamp>,
    pub updated_from: Option<Timestamp>,
    pub updated_before: Option<Timestamp>,
    pub snoozed: Snoozed,
    /// Part of the subject.
    pub text: Option<String>,
}

/// In which order a list is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// What changed last comes first.
    #[default]
    Newest,
    /// What has waited longest comes first.
    Oldest,
    LastOpened,
    FirstOpened,
    /// The most urgent come first, and of these the one that changed last.
    Urgent,
}

impl Sort {
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Newest | Self::Oldest => &["t.updated_at", "t.id"],
            Self::LastOpened | Self::FirstOpened => &["t.id"],
            Self::Urgent => &["t.priority", "t.updated_at", "t.id"],
        }
    }

    fn descends(self) -> bool {
        !matches!(self, Self::Oldest | Self::FirstOpened)
    }

    /// What a ticket is sorted by, and what the next page goes on after.
    #[must_use]
    pub fn key(self, ticket: &DeskTicket) -> Vec<i64> {
        match self {
            Self::Newest | Self::Oldest => vec![ticket.updated_at.0, ticket.id.0],
            Self::LastOpened | Self::FirstOpened => vec![ticket.id.0],
            Self::Urgent => vec![ticket.priority.number(), ticket.updated_at.0, ticket.id.0],
        }
    }

    /// Whether `key` can be one of this order.
    #[must_use]
    pub fn accepts(self, key: &[i64]) -> bool {
        key.len() == self.columns().len()
    }
}

/// Which part of a list.
#[derive(Clone, Copy, Debug)]
pub struct DeskPage<'a> {
    pub sort: Sort,
    /// The [`Sort::key`] of the last ticket of the page before.
    pub after: Option<&'a [i64]>,
    pub limit: i64,
}

/// A statement that grows, and its parameters.
#[derive(Default)]
struct Composed<'a> {
    sql: String,
    params: Vec<Param<'a>>,
}

impl<'a> Composed<'a> {
    fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    fn param(&mut self, param: Param<'a>) {
        self.params.push(param);
        let _ = write!(self.sql, "${}", self.params.len());
    }

    /// ` AND <sql> <param>`
    fn and(&mut self, sql: &str, param: Param<'a>) {
        self.push(" AND ");
        self.push(sql);
        self.push(" ");
        self.param(param);
    }

    /// ` AND <column> IN (<numbers>)`, unless there are none.
    fn and_in(&mut self, column: &str, numbers: impl IntoIterator<Item = i64>) {
        self.list(&format!(" AND {column} IN ("), numbers, ")");
    }

    fn list(&mut self, before: &str, numbers: impl IntoIterator<Item = i64>, after: &str) {
        let mut numbers = numbers.into_iter().peekable();
        if numbers.peek().is_none() {
            return;
        }
        self.push(before);
        while let Some(number) = numbers.next() {
            self.param(Param::Int(number));
            if numbers.peek().is_some() {
                self.push(", ");
            }
        }
        self.push(after);
    }

    fn and_whose(&mut self, column: &str, whose: Option<i64>) {
        match whose {
            Some(id) => self.and(&format!("{column} ="), Param::Int(id)),
            None => self.push(&format!(" AND {column} IS NULL")),
        }
    }
}

/// Tickets of the workspace in order, `page.limit` at the most, as `reader` sees them.
pub fn list(
    tx: &mut dyn Tx,
    (workspace, reader): (WorkspaceId, UserId),
    reach: Reach,
    filter: &DeskFilter,
    page: DeskPage<'_>,
    now: Timestamp,
) -> Result<Vec<DeskTicket>, StorageError> {
    let pattern = filter.text.as_deref().map(pattern);
    let statuses = if filter.statuses.is_empty() { &Status::ALL[..] } else { &filter.statuses };
    // Each status on its own is a run of one index, in this order.
    let runs: Vec<&[Status]> = match page.sort {
        Sort::Newest | Sort::Oldest => statuses.chunks(1).collect(),
        Sort::LastOpened | Sort::FirstOpened | Sort::Urgent => vec![statuses],
    };
    let mut found = Vec::new();
    for run in runs {
        let mut composed =
            Composed { sql: concat!("SELECT ", columns!()).to_owned(), params: vec![Param::Int(reader.0)] };
        narrow(&mut composed, workspace, reach, filter, run, pattern.as_deref(), now);
        let columns = page.sort.columns();
        if let Some(after) = page.after {
            composed.push(&format!(" AND ({})", columns.join(", ")));
            composed.push(if page.sort.descends() { " <" } else { " >" });
            composed.list(" (", after.iter().copied(), ")");
        }
        let direction = if page.sort.descends() { " DESC" } else { "" };
        let order: Vec<String> = columns.iter().map(|column| format!("{column}{direction}")).collect();
        composed.push(&format!(" ORDER BY {} LIMIT ", order.join(", ")));
        composed.param(Param::Int(page.limit));
        tx.query_composed(&composed.sql, &composed.params, &mut |row| {
            found.push(read(row)?);
            Ok(())
        })?;
    }
    found.sort_by_cached_key(|ticket| page.sort.key(ticket));
    if page.sort.descends() {
        found.reverse();
    }
    found.truncate(usize::try_from(page.limit).unwrap_or_default());
    Ok(found)
}

/// A statement that reads of what is within reach those that have one of `ids` in the column `id`. `select` reads from
/// tickets called `t`, perhaps among others, and names the parameters `selected`.
pub(super) fn within_reach(
    select: &str,
    selected: &[Param<'static>],
    workspace: WorkspaceId,
    reach: Reach,
    id: &str,
    ids: impl IntoIterator<Item = i64>,
) -> (String, Vec<Param<'static>>) {
    let mut composed = Composed { sql: select.to_owned(), params: selected.to_vec() };
    // As an expression, it is a condition and no way to the rows: SQLite would go through all of the workspace for the ids.
    composed.push(" WHERE t.workspace_id + 0 = ");
    composed.param(Param::Int(workspace.0));
    reached(&mut composed, reach);
    composed.and_in(id, ids);
    (composed.sql, composed.params)
}

/// A list of ids has this many in a statement, or twice as many and so on.
const IDS_TOGETHER: usize = 50;

/// Those of the tickets numbered `ids` that are within reach, in no order, as `reader` sees them.
pub fn by_ids(
    tx: &mut dyn Tx,
    (workspace, reader): (WorkspaceId, UserId),
    reach: Reach,
    ids: impl IntoIterator<Item = TicketId>,
) -> Result<Vec<DeskTicket>, StorageError> {
    let mut ids: Vec<i64> = ids.into_iter().map(|id| id.0).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // Few lengths, so that they are few statements; no ticket has the number 0.
    ids.resize(ids.len().next_multiple_of(IDS_TOGETHER), 0);
    let (sql, params) =
        within_reach(concat!("SELECT ", columns!()), &[Param::Int(reader.0)], workspace, reach, "t.id", ids);
    let mut found = Vec::new();
    tx.query_composed(&sql, &params, &mut |row| {
        found.push(read(row)?);
        Ok(())
    })?;
    Ok(found)
}

/// How many tickets there are, counted up to `most`.
pub fn count(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    reach: Reach,
    filter: &DeskFilter,
    most: i64,
    now: Timestamp,
) -> Result<i64, StorageError> {
    let pattern = filter.text.as_deref().map(pattern);
    let mut composed = Composed { sql: "SELECT COUNT(*) FROM (SELECT 1 FROM ticket t".to_owned(), params: Vec::new() };
    let statuses = if filter.statuses.is_empty() { &Status::ALL[..] } else { &filter.statuses };
    narrow(&mut composed, workspace, reach, filter, statuses, pattern.as_deref(), now);
    composed.push(" LIMIT ");
    composed.param(Param::Int(most));
    composed.push(") counted");
    let mut counted = 0;
    tx.query_composed(&composed.sql, &composed.params, &mut |row| {
        counted = row.int(0)?;
        Ok(())
    })?;
    Ok(counted)
}

fn narrow<'a>(
    sql: &mut Composed<'a>,
    workspace: WorkspaceId,
    reach: Reach,
    filter: &'a DeskFilter,
    statuses: &[Status],
    pattern: Option<&'a str>,
    now: Timestamp,
) {
    sql.push(" WHERE t.workspace_id = ");
    sql.param(Param::Int(workspace.0));
    if let [status] = statuses {
        sql.and("t.status =", Param::Int(status.number()));
    } else if statuses.len() < Status::ALL.len() {
        sql.and_in("t.status", statuses.iter().map(|status| status.number()));
    }
    reached(sql, reach);
    sql.and_in("t.priority", filter.priorities.iter().map(|priority| priority.number()));
    sql.and_in("t.category_id", filter.categories.iter().map(|category| category.0));
    sql.list(
        " AND EXISTS (SELECT 1 FROM ticket_tag g WHERE g.workspace_id = t.workspace_id AND g.ticket_id = t.id
             AND g.tag_id IN (",
        filter.tags.iter().map(|tag| tag.0),
        "))",
    );
    match filter.assignee {
        None => {}
        Some(Whose::Is(user)) => sql.and_whose("t.assignee_id", Some(user.0)),
        Some(Whose::Nobodys) => sql.and_whose("t.assignee_id", None),
    }
    match filter.team {
        None => {}
        Some(Whose::Is(team)) => sql.and_whose("t.team_id", Some(team.0)),
        Some(Whose::Nobodys) => sql.and_whose("t.team_id", None),
    }
    let limits = [
        ("t.requester_id =", filter.requester.map(|user| user.0)),
        ("t.created_at >=", filter.created_from.map(|at| at.0)),
        ("t.created_at <", filter.created_before.map(|at| at.0)),
        ("t.updated_at >=", filter.updated_from.map(|at| at.0)),
        ("t.updated_at <", filter.updated_before.map(|at| at.0)),
    ];
    for (condition, number) in limits {
        if let Some(number) = number {
            sql.and(condition, Param::Int(number));
        }
    }
    match filter.snoozed {
        Snoozed::Included => {}
        Snoozed::Hidden => {
            sql.and("(t.snoozed_until IS NULL OR t.snoozed_until <=", Param::Int(now.0));
            sql.push(")");
        }
        Snoozed::Only => sql.and("t.snoozed_until >", Param::Int(now.0)),
    }
    if let Some(pattern) = pattern {
        sql.and("t.subject_folded LIKE", Param::Text(pattern));
        sql.push(" ESCAPE '!'");
    }
}

fn reached(sql: &mut Composed<'_>, reach: Reach) {
    if let Reach::TeamsOf(user) = reach {
        sql.and("(t.assignee_id =", Param::Int(user.0));
        sql.push(" OR t.team_id IN (SELECT m.team_id FROM team_member m WHERE m.workspace_id = t.workspace_id");
        sql.and("m.user_id =", Param::Int(user.0));
        sql.push("))");
    }
}

fn pattern(part: &str) -> String {
    contains(&text::fold(part))
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
        Param::Int(at.0),
        workspace,
        requester,
        id,
    ];
    tx.execute_later(SET, &params)
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
