//! The ways to the places of a page, each by an index or by none.

use std::cmp::Ordering;

use super::few::few;
use super::filter::{Composed, Narrowed, Way};
use super::list::{DeskPage, Sort};
use crate::domain::{Priority, Status};
use crate::storage::{Param, StorageError, Tx};

/// What tickets are sorted by.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub id: i64,
    pub priority: i64,
    pub updated_at: i64,
}

/// The columns of a [`Place`], in order.
const PLACE: &str = "SELECT t.id, t.priority, t.updated_at FROM ticket t";

/// So many ids of a list that is sorted by them are looked at one by one, at first and then once more.
const WINDOWS: [i64; 2] = [500, 4000];

/// If fewer of the newest thousand tickets have a text in their subject, all subjects are read.
const OFTEN: usize = 10;
const NEWEST: i64 = 1000;

/// Ids that a statement has at the most; there are few lengths, so that they are few statements.
pub(super) const IDS_MAX: usize = 250;
const IDS_TOGETHER: usize = 50;

/// The places of the page, in no order and perhaps with others behind them.
pub(super) fn find(tx: &mut dyn Tx, narrowed: &Narrowed<'_>, page: DeskPage<'_>) -> Result<Vec<Place>, StorageError> {
    if let Some(ids) = few(tx, narrowed)? {
        let mut places = of_ids(tx, narrowed, &ids)?;
        if let Some(after) = page.after {
            let descends = page.sort.descends();
            places.retain(|place| match page.sort.key_of(place).as_slice().cmp(after) {
                Ordering::Less => descends,
                Ordering::Equal => false,
                Ordering::Greater => !descends,
            });
        }
        return Ok(places);
    }
    if page.sort.is_by_id() {
        if let Some(near) = near(tx, narrowed, page)? {
            return Ok(near);
        }
    } else if narrowed.filter.text.is_none() || is_often(tx, narrowed)? {
        return walk(tx, narrowed, page);
    }
    if narrowed.filter.text.is_some() { look_everywhere(tx, narrowed, page) } else { sort_all(tx, narrowed, page) }
}

/// In the order of activity, as far as needed: each status and priority is a run of one index in that order, and the engines
/// merge the runs.
fn walk(tx: &mut dyn Tx, narrowed: &Narrowed<'_>, page: DeskPage<'_>) -> Result<Vec<Place>, StorageError> {
    let mut found = Vec::new();
    let priorities: Vec<Priority> = narrowed.priorities().collect();
    // The most urgent come first, whatever happened to the others.
    let steps: Vec<&[Priority]> =
        if page.sort == Sort::Urgent { priorities.chunks(1).collect() } else { vec![&priorities] };
    for priorities in steps {
        let after = match (page.sort, page.after) {
            (Sort::Urgent, Some([priority, after @ ..])) => match priorities[0].number().cmp(priority) {
                Ordering::Less => None,
                Ordering::Equal => Some(after),
                Ordering::Greater => continue,
            },
            (_, after) => after,
        };
        let condition = |sql: &mut Composed<'_>| {
            if let Some(after) = after {
                sql.push(if page.sort.descends() {
                    " AND (t.updated_at, t.id) <"
                } else {
                    " AND (t.updated_at, t.id) >"
                });
                sql.list(" (", after.iter().copied(), ")");
            }
        };
        let runs = runs(narrowed, priorities, condition);
        let direction = if page.sort.descends() { " DESC" } else { "" };
        // Without their own orders, PostgreSQL would sort all that is in the runs.
        let in_order =
            |run: &String| format!("SELECT * FROM ({run} ORDER BY t.updated_at{direction}, t.id{direction}) r");
        let each: Vec<String> = runs.each.iter().map(in_order).collect();
        let mut sql = Composed { sql: each.join(" UNION ALL "), params: runs.params };
        // Not as a parameter: for a number that it does not know, PostgreSQL plans anew each time. Few lengths are few plans.
        let limit = usize::try_from(page.limit).unwrap_or(IDS_TOGETHER).next_multiple_of(IDS_TOGETHER);
        sql.push(&format!(" ORDER BY 3{direction}, 1{direction} LIMIT {limit}"));
        found.extend(places(tx, &sql)?);
        if found.len() >= usize::try_from(page.limit).unwrap_or_default() {
            break;
        }
    }
    Ok(found)
}

/// Statements that share their parameters.
struct Runs<'a> {
    each: Vec<String>,
    params: Vec<Param<'a>>,
}

/// A statement for each run of the index in the order of activity. Status and priority are no parameters there, because they
/// are what tells the runs apart.
fn runs<'a>(
    narrowed: &'a Narrowed<'_>,
    priorities: &[Priority],
    condition: impl FnOnce(&mut Composed<'a>),
) -> Runs<'a> {
    let mut rest = Composed { sql: PLACE.to_owned(), params: Vec::new() };
    narrowed.in_workspace(&mut rest, Way::Open);
    let head = rest.sql.len();
    narrowed.by_activity(&mut rest, Way::Open);
    condition(&mut rest);
    narrowed.by_tags(&mut rest, Way::Closed);
    narrowed.by_work(&mut rest, Way::Closed);
    narrowed.by_the_rest(&mut rest);
    let (head, tail) = rest.sql.split_at(head);
    let run = |status: Status, priority: &Priority| {
        format!("{head} AND t.status = {} AND t.priority = {}{tail}", status.number(), priority.number())
    };
    let of_status = |status| priorities.iter().map(move |priority| run(status, priority));
    Runs { each: narrowed.statuses().flat_map(of_status).collect(), params: rest.params }
}

/// In the order of ids, if the next few thousand ids have enough of them.
fn near(tx: &mut dyn Tx, narrowed: &Narrowed<'_>, page: DeskPage<'_>) -> Result<Option<Vec<Place>>, StorageError> {
    let last = tx.last_id("ticket")?.unwrap_or_default();
    let descends = page.sort.descends();
    let after = page.after.and_then(|after| after.first().copied());
    let mut from = after.unwrap_or(if descends { last + 1 } else { 0 });
    let mut found = Vec::new();
    for window in WINDOWS {
        let to = if descends { from - window } else { from + window };
        found.extend(between(tx, narrowed, (from, to), page.limit)?);
        if found.len() >= usize::try_from(page.limit).unwrap_or_default() || to <= 0 || to > last {
            return Ok(Some(found));
        }
        from = to;
    }
    Ok(None)
}

/// Those with ids behind `from` up to `to`, in the order in which one comes from there to there.
fn between(
    tx: &mut dyn Tx,
    narrowed: &Narrowed<'_>,
    (from, to): (i64, i64),
    limit: i64,
) -> Result<Vec<Place>, StorageError> {
    let mut sql = Composed { sql: PLACE.to_owned(), params: Vec::new() };
    narrowed.in_workspace(&mut sql, Way::Closed);
    let descends = to < from;
    sql.and(if descends { "t.id <" } else { "t.id >" }, Param::Int(from));
    sql.and(if descends { "t.id >=" } else { "t.id <=" }, Param::Int(to));
    narrowed.by_state(&mut sql, Way::Closed);
    narrowed.by_activity(&mut sql, Way::Closed);
    narrowed.by_tags(&mut sql, Way::Closed);
    narrowed.by_work(&mut sql, Way::Closed);
    narrowed.by_the_rest(&mut sql);
    sql.push(if descends { " ORDER BY t.id DESC LIMIT " } else { " ORDER BY t.id LIMIT " });
    sql.param(Param::Int(limit));
    places(tx, &sql)
}

/// In the order of ids, by the index in the order of activity as a whole. It is read in the direction in which the ids most
/// often follow each other, so that what is found first is seldom pushed out by what is found later.
fn sort_all(tx: &mut dyn Tx, narrowed: &Narrowed<'_>, page: DeskPage<'_>) -> Result<Vec<Place>, StorageError> {
    let descends = page.sort.descends();
    let condition = |sql: &mut Composed<'_>| {
        if let Some(after) = page.after.and_then(|after| after.first()) {
            sql.and(if descends { "t.id <" } else { "t.id >" }, Param::Int(*after));
        }
    };
    let priorities: Vec<Priority> = narrowed.priorities().collect();
    let mut runs = runs(narrowed, &priorities, condition);
    let direction = if descends { " DESC" } else { "" };
    runs.params.push(Param::Int(i64::MAX));
    runs.params.push(Param::Int(page.limit));
    let (all, limit) = (runs.params.len() - 1, runs.params.len());
    let sorted = |run: &String| {
        format!(
            "SELECT * FROM (SELECT * FROM ({run} ORDER BY t.updated_at{direction}, t.id{direction} LIMIT ${all}) a
             ORDER BY a.id{direction} LIMIT ${limit}) b"
        )
    };
    let sql = runs.each.iter().map(sorted).collect::<Vec<_>>().join(" UNION ALL ");
    places(tx, &Composed { sql, params: runs.params })
}

/// Whether the text that is looked for is in the subjects of many of the newest tickets.
fn is_often(tx: &mut dyn Tx, narrowed: &Narrowed<'_>) -> Result<bool, StorageError> {
    let last = tx.last_id("ticket")?.unwrap_or_default();
    let often = i64::try_from(OFTEN).unwrap_or(i64::MAX);
    Ok(between(tx, narrowed, (last + 1, last + 1 - NEWEST), often)?.len() >= OFTEN)
}

/// By reading all tickets of the workspace, as they are stored.
fn look_everywhere(tx: &mut dyn Tx, narrowed: &Narrowed<'_>, page: DeskPage<'_>) -> Result<Vec<Place>, StorageError> {
    let mut sql = Composed { sql: PLACE.to_owned(), params: Vec::new() };
    narrowed.in_workspace(&mut sql, Way::Open);
    narrowed.by_state(&mut sql, Way::Closed);
    narrowed.by_activity(&mut sql, Way::Closed);
    narrowed.by_tags(&mut sql, Way::Closed);
    narrowed.by_work(&mut sql, Way::Closed);
    narrowed.by_the_rest(&mut sql);
    let columns: &[&str] = match page.sort {
        Sort::Newest | Sort::Oldest => &["t.updated_at + 0", "t.id + 0"],
        Sort::LastOpened | Sort::FirstOpened => &["t.id + 0"],
        Sort::Urgent => &["t.priority + 0", "t.updated_at + 0", "t.id + 0"],
    };
    let descends = page.sort.descends();
    if let Some(after) = page.after {
        sql.push(&format!(" AND ({}) {}", columns.join(", "), if descends { "<" } else { ">" }));
        sql.list(" (", after.iter().copied(), ")");
    }
    let direction = if descends { " DESC" } else { "" };
    let order: Vec<String> = columns.iter().map(|column| format!("{column}{direction}")).collect();
    sql.push(&format!(" ORDER BY {} LIMIT ", order.join(", ")));
    sql.param(Param::Int(page.limit));
    places(tx, &sql)
}

/// Of the tickets with these ids, those that are let through.
pub(super) fn of_ids(tx: &mut dyn Tx, narrowed: &Narrowed<'_>, ids: &[i64]) -> Result<Vec<Place>, StorageError> {
    let mut found = Vec::new();
    for ids in ids.chunks(IDS_MAX) {
        let mut sql = Composed { sql: PLACE.to_owned(), params: Vec::new() };
        narrowed.in_workspace(&mut sql, Way::Closed);
        narrowed.by_state(&mut sql, Way::Closed);
        narrowed.by_activity(&mut sql, Way::Closed);
        narrowed.by_tags(&mut sql, Way::Closed);
        narrowed.by_work(&mut sql, Way::Closed);
        narrowed.by_the_rest(&mut sql);
        sql.and_in("t.id", padded(ids.to_vec()));
        found.extend(places(tx, &sql)?);
    }
    Ok(found)
}

/// The ids, and as many zeros as make up one of a few lengths; no ticket has the number 0.
pub(super) fn padded(mut ids: Vec<i64>) -> Vec<i64> {
    ids.resize(ids.len().next_multiple_of(IDS_TOGETHER), 0);
    ids
}

fn places(tx: &mut dyn Tx, sql: &Composed<'_>) -> Result<Vec<Place>, StorageError> {
    let mut found = Vec::new();
    tx.query_composed(&sql.sql, &sql.params, &mut |row| {
        found.push(Place { id: row.int(0)?, priority: row.int(1)?, updated_at: row.int(2)? });
        Ok(())
    })?;
    Ok(found)
}
