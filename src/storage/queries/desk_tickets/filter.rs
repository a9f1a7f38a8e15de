//! What a list of tickets is narrowed down to, and the statements that are composed of it.

use std::fmt::Write as _;

use super::super::tickets::contains;
use super::Reach;
use crate::domain::{CategoryId, Priority, Status, TagId, TeamId, Timestamp, UserId, WorkspaceId, text};
use crate::storage::Param;

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

/// A statement that grows, and its parameters.
#[derive(Default)]
pub(super) struct Composed<'a> {
    pub sql: String,
    pub params: Vec<Param<'a>>,
}

impl<'a> Composed<'a> {
    pub fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    pub fn param(&mut self, param: Param<'a>) {
        self.params.push(param);
        let _ = write!(self.sql, "${}", self.params.len());
    }

    /// ` AND <sql> <param>`
    pub fn and(&mut self, sql: &str, param: Param<'a>) {
        self.push(" AND ");
        self.push(sql);
        self.push(" ");
        self.param(param);
    }

    /// ` AND <column> IN (<numbers>)`, unless there are none.
    pub fn and_in(&mut self, column: &str, numbers: impl IntoIterator<Item = i64>) {
        self.list(&format!(" AND {column} IN ("), numbers, ")");
    }

    pub fn list(&mut self, before: &str, numbers: impl IntoIterator<Item = i64>, after: &str) {
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
}

/// Whether a condition may be the way to the rows, or is only looked at when a row is there.
///
/// Which index leads to the tickets of a list is decided here, not by the engines: they know no figures of the tables, or
/// old ones. A condition on `t.status + 0` is no way to anything.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Open,
    Closed,
}

impl Way {
    fn column(self, name: &str) -> String {
        match self {
            Self::Open => format!("t.{name}"),
            Self::Closed => format!("t.{name} + 0"),
        }
    }
}

/// A filter, and whose tickets it is about.
pub(super) struct Narrowed<'a> {
    pub workspace: WorkspaceId,
    pub reach: Reach,
    pub filter: &'a DeskFilter,
    pub now: Timestamp,
    /// The subject must be like this.
    pattern: Option<String>,
}

impl<'a> Narrowed<'a> {
    pub fn new(workspace: WorkspaceId, reach: Reach, filter: &'a DeskFilter, now: Timestamp) -> Self {
        let pattern = filter.text.as_deref().map(|part| contains(&text::fold(part)));
        Self { workspace, reach, filter, now, pattern }
    }

    /// The statuses that tickets may have.
    pub fn statuses(&self) -> impl Iterator<Item = Status> + use<'a> {
        let wanted = &self.filter.statuses;
        Status::ALL.into_iter().filter(|status| wanted.is_empty() || wanted.contains(status))
    }

    /// The priorities that tickets may have, the most urgent first.
    pub fn priorities(&self) -> impl Iterator<Item = Priority> + use<'a> {
        let wanted = &self.filter.priorities;
        Priority::ALL.into_iter().filter(|priority| wanted.is_empty() || wanted.contains(priority))
    }

    /// ` WHERE` the workspace is this one.
    pub fn in_workspace(&self, sql: &mut Composed<'_>, way: Way) {
        sql.push(&format!(" WHERE {} = ", way.column("workspace_id")));
        sql.param(Param::Int(self.workspace.0));
    }

    /// The conditions on status and priority, if there are any.
    pub fn by_state(&self, sql: &mut Composed<'_>, way: Way) {
        sql.and_in(&way.column("status"), self.filter.statuses.iter().map(|status| status.number()));
        sql.and_in(&way.column("priority"), self.filter.priorities.iter().map(|priority| priority.number()));
    }

    /// The conditions on when something happened last.
    pub fn by_activity(&self, sql: &mut Composed<'_>, way: Way) {
        let column = way.column("updated_at");
        if let Some(from) = self.filter.updated_from {
            sql.and(&format!("{column} >="), Param::Int(from.0));
        }
        if let Some(before) = self.filter.updated_before {
            sql.and(&format!("{column} <"), Param::Int(before.0));
        }
    }

    /// The condition on tags. Closed, it is looked at ticket by ticket; open, it may be joined, which is quicker for all of them.
    pub fn by_tags(&self, sql: &mut Composed<'_>, way: Way) {
        let before = match way {
            Way::Open => " AND EXISTS (SELECT 1",
            Way::Closed => " AND 0 < (SELECT COUNT(*)",
        };
        let of_ticket =
            " FROM ticket_tag g WHERE g.workspace_id = t.workspace_id AND g.ticket_id = t.id AND g.tag_id IN (";
        sql.list(&format!("{before}{of_ticket}"), self.filter.tags.iter().map(|tag| tag.0), "))");
    }

    /// The conditions on who is to answer, and whether now.
    pub fn by_work(&self, sql: &mut Composed<'_>, way: Way) {
        let filter = self.filter;
        whose(sql, way, "assignee_id", filter.assignee.map(|whose| whose.map(|user| user.0)));
        whose(sql, way, "team_id", filter.team.map(|whose| whose.map(|team| team.0)));
        match filter.snoozed {
            Snoozed::Included => {}
            Snoozed::Hidden => {
                sql.and("(t.snoozed_until IS NULL OR t.snoozed_until + 0 <=", Param::Int(self.now.0));
                sql.push(")");
            }
            Snoozed::Only => sql.and(&format!("{} >", way.column("snoozed_until")), Param::Int(self.now.0)),
        }
    }

    /// All other conditions, none of which is a way to the rows.
    pub fn by_the_rest<'b>(&'b self, sql: &mut Composed<'b>) {
        let filter = self.filter;
        reached(sql, self.workspace, self.reach);
        sql.and_in("t.category_id + 0", filter.categories.iter().map(|category| category.0));
        let limits = [
            ("t.requester_id + 0 =", filter.requester.map(|user| user.0)),
            ("t.created_at >=", filter.created_from.map(|at| at.0)),
            ("t.created_at <", filter.created_before.map(|at| at.0)),
        ];
        for (condition, number) in limits {
            if let Some(number) = number {
                sql.and(condition, Param::Int(number));
            }
        }
        if let Some(pattern) = &self.pattern {
            sql.and("t.subject_folded LIKE", Param::Text(pattern));
            sql.push(" ESCAPE '!'");
        }
    }
}

impl<Id> Whose<Id> {
    fn map<Other>(self, of: impl FnOnce(Id) -> Other) -> Whose<Other> {
        match self {
            Self::Is(id) => Whose::Is(of(id)),
            Self::Nobodys => Whose::Nobodys,
        }
    }
}

fn whose(sql: &mut Composed<'_>, way: Way, name: &str, whose: Option<Whose<i64>>) {
    match whose {
        None => {}
        Some(Whose::Is(id)) => sql.and(&format!("{} =", way.column(name)), Param::Int(id)),
        Some(Whose::Nobodys) => sql.push(&format!(" AND t.{name} IS NULL")),
    }
}

/// The condition that a ticket is within reach, which is no way to the rows.
pub(super) fn reached(sql: &mut Composed<'_>, workspace: WorkspaceId, reach: Reach) {
    if let Reach::TeamsOf(user) = reach {
        sql.and("(t.assignee_id + 0 =", Param::Int(user.0));
        sql.push(" OR t.team_id + 0 IN (SELECT m.team_id FROM team_member m WHERE m.workspace_id = ");
        sql.param(Param::Int(workspace.0));
        sql.and("m.user_id =", Param::Int(user.0));
        sql.push("))");
    }
}
