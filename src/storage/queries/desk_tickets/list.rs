//! Lists of tickets: in order, by keyset pages. First the keys of a page are found by indexes alone, then its tickets read.

use std::collections::HashMap;

use super::few::few;
use super::filter::{Composed, DeskFilter, Narrowed, Way, reached};
use super::ways::{IDS_MAX, Place, find, of_ids, padded};
use super::{DeskTicket, Reach, read};
use crate::domain::{TicketId, Timestamp, UserId, WorkspaceId};
use crate::storage::{Param, StorageError, Tx};

/// Lists that one statement counts.
const COUNTS_TOGETHER: usize = 10;

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
    pub(super) fn descends(self) -> bool {
        !matches!(self, Self::Oldest | Self::FirstOpened)
    }

    pub(super) fn is_by_id(self) -> bool {
        matches!(self, Self::LastOpened | Self::FirstOpened)
    }

    /// What a ticket is sorted by, and what the next page goes on after.
    #[must_use]
    pub fn key(self, ticket: &DeskTicket) -> Vec<i64> {
        self.key_of(&Place { id: ticket.id.0, priority: ticket.priority.number(), updated_at: ticket.updated_at.0 })
    }

    pub(super) fn key_of(self, place: &Place) -> Vec<i64> {
        match self {
            Self::Newest | Self::Oldest => vec![place.updated_at, place.id],
            Self::LastOpened | Self::FirstOpened => vec![place.id],
            Self::Urgent => vec![place.priority, place.updated_at, place.id],
        }
    }

    /// Whether `key` can be one of this order.
    #[must_use]
    pub fn accepts(self, key: &[i64]) -> bool {
        let parts = match self {
            Self::Newest | Self::Oldest => 2,
            Self::LastOpened | Self::FirstOpened => 1,
            Self::Urgent => 3,
        };
        key.len() == parts
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

/// Tickets of the workspace in order, `page.limit` at the most, as `reader` sees them.
pub fn list(
    tx: &mut dyn Tx,
    (workspace, reader): (WorkspaceId, UserId),
    reach: Reach,
    filter: &DeskFilter,
    page: DeskPage<'_>,
    now: Timestamp,
) -> Result<Vec<DeskTicket>, StorageError> {
    let narrowed = Narrowed::new(workspace, reach, filter, now);
    let mut places = find(tx, &narrowed, page)?;
    places.sort_by_cached_key(|place| page.sort.key_of(place));
    if page.sort.descends() {
        places.reverse();
    }
    places.truncate(usize::try_from(page.limit).unwrap_or_default());
    let ids = places.iter().map(|place| TicketId(place.id));
    let found = by_ids(tx, (workspace, reader), reach, ids)?;
    let mut found: HashMap<i64, DeskTicket> = found.into_iter().map(|ticket| (ticket.id.0, ticket)).collect();
    Ok(places.into_iter().filter_map(|place| found.remove(&place.id)).collect())
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
    reached(&mut composed, workspace, reach);
    composed.and_in(id, ids);
    (composed.sql, composed.params)
}

/// Those of the tickets numbered `ids` that are within reach, in no order, as `reader` sees them.
pub fn by_ids(
    tx: &mut dyn Tx,
    (workspace, reader): (WorkspaceId, UserId),
    reach: Reach,
    ids: impl IntoIterator<Item = TicketId>,
) -> Result<Vec<DeskTicket>, StorageError> {
    let ids: Vec<i64> = ids.into_iter().map(|id| id.0).collect();
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(IDS_MAX) {
        let reads = concat!("SELECT ", columns!());
        let (sql, params) =
            within_reach(reads, &[Param::Int(reader.0)], workspace, reach, "t.id", padded(ids.to_vec()));
        tx.query_composed(&sql, &params, &mut |row| {
            found.push(read(row)?);
            Ok(())
        })?;
    }
    Ok(found)
}

/// For each of `lists`, how many tickets it has, counted up to the number beside it.
pub fn count(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    reach: Reach,
    lists: &[(&DeskFilter, i64)],
    now: Timestamp,
) -> Result<Vec<i64>, StorageError> {
    let mut counts = vec![0; lists.len()];
    let lists: Vec<_> =
        lists.iter().map(|(filter, most)| (Narrowed::new(workspace, reach, filter, now), *most)).collect();
    let mut uncounted = Vec::new();
    for (place, (narrowed, most)) in lists.iter().enumerate() {
        let few = if has_index_to_count_by(narrowed) { None } else { few(tx, narrowed)? };
        match few {
            Some(ids) => {
                let counted = of_ids(tx, narrowed, &ids)?.len();
                counts[place] = i64::try_from(counted).unwrap_or(i64::MAX).min(*most);
            }
            None => uncounted.push(place),
        }
    }
    for places in uncounted.chunks(COUNTS_TOGETHER) {
        let mut sql = Composed { sql: "SELECT ".to_owned(), params: Vec::new() };
        for (number, (narrowed, most)) in places.iter().map(|place| &lists[*place]).enumerate() {
            sql.push(if number == 0 { "(" } else { ", (" });
            push_count(&mut sql, narrowed, *most);
            sql.push(")");
        }
        tx.query_composed(&sql.sql, &sql.params, &mut |row| {
            for (column, place) in places.iter().enumerate() {
                counts[*place] = row.int(column)?;
            }
            Ok(())
        })?;
    }
    Ok(counts)
}

/// Whether [`push_count`] is led by an index to all that narrows the list down to few tickets.
fn has_index_to_count_by(narrowed: &Narrowed<'_>) -> bool {
    let filter = narrowed.filter;
    narrowed.reach == Reach::All && filter.requester.is_none() && filter.tags.is_empty() && filter.text.is_none()
}

fn push_count<'a>(sql: &mut Composed<'a>, narrowed: &'a Narrowed<'_>, most: i64) {
    sql.push("SELECT COUNT(*) FROM (SELECT 1 FROM ticket t");
    narrowed.in_workspace(sql, Way::Open);
    // Subjects are read quickest as they are stored.
    let way = if narrowed.filter.text.is_some() { Way::Closed } else { Way::Open };
    narrowed.by_state(sql, way);
    narrowed.by_activity(sql, way);
    narrowed.by_tags(sql, Way::Open);
    narrowed.by_work(sql, way);
    narrowed.by_the_rest(sql);
    // Not as a parameter: for a number that it does not know, PostgreSQL plans anew each time.
    sql.push(&format!(" LIMIT {most}) counted"));
}
