//! Filters that leave so few tickets that it is quickest to look at each of them.

use super::filter::{Composed, Narrowed, Way, Whose};
use super::{Reach, Snoozed};
use crate::domain::{TicketId, WorkspaceId};
use crate::storage::{Param, StorageError, Tx};

/// So many are few. Of what is more, one in a hundred of a hundred thousand has it, and a page of it is soon found among all.
const FEW: usize = 1000;

/// The ids of tickets of which all that `narrowed` lets through are some, if one of its filters leaves few.
pub(super) fn few(tx: &mut dyn Tx, narrowed: &Narrowed<'_>) -> Result<Option<Vec<i64>>, StorageError> {
    for source in sources(narrowed) {
        if let Some(ids) = ids(tx, source, FEW)? {
            return Ok(Some(ids));
        }
    }
    Ok(None)
}

/// The tickets within reach, oldest first, if they are `most` at the most; `None` too if that is all of the workspace.
pub fn few_within_reach(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    reach: Reach,
    most: usize,
) -> Result<Option<Vec<TicketId>>, StorageError> {
    let Some(source) = within(workspace, reach) else { return Ok(None) };
    Ok(ids(tx, source, most)?.map(|ids| ids.into_iter().map(TicketId).collect()))
}

/// The ids that `source` reads, each once and in order; `None` if they are more than `most`.
fn ids(tx: &mut dyn Tx, mut source: Composed<'_>, most: usize) -> Result<Option<Vec<i64>>, StorageError> {
    source.push(&format!(" LIMIT {}", most + 1));
    let mut ids = Vec::new();
    tx.query_composed(&source.sql, &source.params, &mut |row| {
        ids.push(row.int(0)?);
        Ok(())
    })?;
    let is_few = ids.len() <= most;
    ids.sort_unstable();
    ids.dedup();
    Ok(is_few.then_some(ids))
}

/// For each filter that an index leads to, a statement that reads the ids of what it leaves.
fn sources<'a>(narrowed: &Narrowed<'a>) -> Vec<Composed<'a>> {
    let filter = narrowed.filter;
    let mut sources: Vec<Composed<'a>> = within(narrowed.workspace, narrowed.reach).into_iter().collect();
    let mut of_tickets = |condition: &str, number: i64, has_status: bool| {
        let mut sql = Composed { sql: "SELECT t.id FROM ticket t".to_owned(), params: Vec::new() };
        narrowed.in_workspace(&mut sql, Way::Open);
        sql.and(condition, Param::Int(number));
        if has_status {
            sql.and_in("t.status", filter.statuses.iter().map(|status| status.number()));
        }
        sources.push(sql);
    };
    if filter.snoozed == Snoozed::Only {
        of_tickets("t.snoozed_until >", narrowed.now.0, false);
    }
    if let Some(requester) = filter.requester {
        of_tickets("t.requester_id =", requester.0, false);
    }
    if let Some(Whose::Is(user)) = filter.assignee {
        of_tickets("t.assignee_id =", user.0, true);
    }
    if let Some(Whose::Is(team)) = filter.team {
        of_tickets("t.team_id =", team.0, true);
    }
    if !filter.tags.is_empty() {
        let mut sql = Composed {
            sql: "SELECT g.ticket_id FROM ticket_tag g WHERE g.workspace_id = ".to_owned(),
            params: Vec::new(),
        };
        sql.param(Param::Int(narrowed.workspace.0));
        sql.and_in("g.tag_id", filter.tags.iter().map(|tag| tag.0));
        sources.push(sql);
    }
    sources
}

/// A statement that reads the ids of what is within reach, some twice; `None` if that is everything.
fn within<'a>(workspace: WorkspaceId, reach: Reach) -> Option<Composed<'a>> {
    let Reach::TeamsOf(user) = reach else { return None };
    let mut sql = Composed { sql: "SELECT t.id FROM ticket t WHERE t.workspace_id = ".to_owned(), params: Vec::new() };
    sql.param(Param::Int(workspace.0));
    sql.and("t.assignee_id =", Param::Int(user.0));
    sql.push(
        " UNION ALL SELECT t.id FROM team_member m
             JOIN ticket t ON t.workspace_id = m.workspace_id AND t.team_id = m.team_id WHERE m.workspace_id = ",
    );
    sql.param(Param::Int(workspace.0));
    sql.and("m.user_id =", Param::Int(user.0));
    Some(sql)
}
