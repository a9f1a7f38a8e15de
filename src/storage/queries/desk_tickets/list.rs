//! Lists of tickets: filtered, in order, by keyset pages. Their statements are composed of what is asked for.

use std::fmt::Write as _;

use super::super::tickets::contains;
use super::{DeskTicket, Reach, read};
use crate::domain::{CategoryId, Priority, Status, TagId, TeamId, TicketId, Timestamp, UserId, WorkspaceId, text};
use crate::storage::{Param, StorageError, Tx};

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
pub(in crate::storage::queries) fn within_reach(
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
