//! The query string of a list of tickets, which is also what a saved view keeps.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::body::Moment;
use crate::domain::user::Requester;
use crate::domain::{CategoryId, TagId, TeamId, Timestamp, UserId};
use crate::http::ApiError;
use crate::http::words::{PriorityWord, StatusWord};
use crate::storage::queries::desk_tickets::{DeskFilter, Snoozed, Sort, Whose};

/// Values of one parameter at the most.
const VALUES_MAX: usize = 50;

/// The longest part of a subject, in characters.
const TEXT_MAX_CHARS: usize = 200;

/// Bytes of a query string at the most.
const QUERY_MAX_BYTES: usize = 4096;

/// What a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    pub filter: DeskFilter,
    pub sort: Sort,
    pub limit: Option<i64>,
    pub cursor: Option<String>,
    pub count: bool,
}

/// Reads a query string; `me` is `staff`.
///
/// # Errors
/// A 400 that names the parameter: one that there is not, one that comes twice, one that does not hold what it must.
pub fn parse(encoded: &str, staff: &Requester) -> Result<ListQuery, ApiError> {
    if encoded.len() > QUERY_MAX_BYTES {
        return Err(ApiError::invalid_body(format!("The query has more than {QUERY_MAX_BYTES} bytes.")));
    }
    let mut query = ListQuery::default();
    let mut seen = BTreeSet::new();
    for (name, value) in form_urlencoded::parse(encoded.as_bytes()) {
        if !seen.insert(name.clone()) {
            return Err(ApiError::field(name.into_owned(), "It may be given only once; separate values by commas."));
        }
        take(&mut query, &name, value.trim(), staff)
            .map_err(|sentence| ApiError::field(name.into_owned(), sentence))?;
    }
    Ok(query)
}

fn take(query: &mut ListQuery, name: &str, value: &str, staff: &Requester) -> Result<(), Cow<'static, str>> {
    let filter = &mut query.filter;
    match name {
        "status" => {
            filter.statuses = several(value, |word| StatusWord::parse(word).map(|word| word.0), StatusWord::WORDS)?;
        }
        "priority" => {
            filter.priorities =
                several(value, |word| PriorityWord::parse(word).map(|word| word.0), PriorityWord::WORDS)?;
        }
        "category" => filter.categories = ids(value)?.into_iter().map(CategoryId).collect(),
        "tag" => filter.tags = ids(value)?.into_iter().map(TagId).collect(),
        "assignee" if value == "me" => filter.assignee = Some(Whose::Is(staff.user)),
        "assignee" if value == "none" => filter.assignee = Some(Whose::Nobodys),
        "assignee" => {
            let user = id(value).map_err(|_| "It must be a user's id, me, or none.")?;
            filter.assignee = Some(Whose::Is(UserId(user)));
        }
        "team" if value == "none" => filter.team = Some(Whose::Nobodys),
        "team" => {
            let team = id(value).map_err(|_| "It must be a team's id, or none.")?;
            filter.team = Some(Whose::Is(TeamId(team)));
        }
        "requester" => filter.requester = Some(UserId(id(value)?)),
        "created_from" => filter.created_from = Some(moment(value)?),
        "created_before" => filter.created_before = Some(moment(value)?),
        "updated_from" => filter.updated_from = Some(moment(value)?),
        "updated_before" => filter.updated_before = Some(moment(value)?),
        "snoozed" => {
            filter.snoozed = match value {
                "hidden" => Snoozed::Hidden,
                "only" => Snoozed::Only,
                "included" => Snoozed::Included,
                _ => return Err("It must be one of hidden, only, included.".into()),
            }
        }
        "text" => filter.text = part(value)?,
        "sort" => {
            query.sort = match value {
                "-updated" => Sort::Newest,
                "updated" => Sort::Oldest,
                "-created" => Sort::LastOpened,
                "created" => Sort::FirstOpened,
                "-priority" => Sort::Urgent,
                _ => return Err("It must be one of -updated, updated, -created, created, -priority.".into()),
            }
        }
        "limit" => {
            let limit = value.parse().ok().filter(|limit| *limit > 0);
            query.limit = Some(limit.ok_or("It must be a number above 0.")?);
        }
        "cursor" => query.cursor = Some(value.to_owned()),
        "count" => query.count = value.parse().map_err(|_| "It must be true or false.")?,
        _ => return Err("There is no such parameter.".into()),
    }
    Ok(())
}

fn several<T>(value: &str, parse: impl Fn(&str) -> Option<T>, words: &[&str]) -> Result<Vec<T>, Cow<'static, str>> {
    value
        .split(',')
        .take(VALUES_MAX)
        .map(|word| parse(word.trim()).ok_or_else(|| format!("It must be any of {}.", words.join(", ")).into()))
        .collect()
}

fn ids(value: &str) -> Result<Vec<i64>, Cow<'static, str>> {
    let found = value.split(',').map(|number| id(number.trim())).collect::<Result<Vec<_>, _>>()?;
    if found.len() > VALUES_MAX {
        return Err(format!("It may hold {VALUES_MAX} ids at the most.").into());
    }
    Ok(found)
}

fn id(value: &str) -> Result<i64, Cow<'static, str>> {
    value.parse().map_err(|_| "It must be an id, which is a number.".into())
}

fn moment(value: &str) -> Result<Timestamp, Cow<'static, str>> {
    let wrong = "It must be a time such as 2026-11-24T09:00:00Z (RFC 3339).";
    Moment::parse(value).map(|moment| moment.0).ok_or_else(|| wrong.into())
}

fn part(value: &str) -> Result<Option<String>, Cow<'static, str>> {
    if value.contains('\0') || value.chars().count() > TEXT_MAX_CHARS {
        return Err(format!("It must have at most {TEXT_MAX_CHARS} characters, and no NUL.").into());
    }
    Ok(Some(value.to_owned()).filter(|value| !value.is_empty()))
}

/// The same query, going on at `cursor`.
pub fn with_cursor(encoded: &str, cursor: &str) -> String {
    let others = form_urlencoded::parse(encoded.as_bytes()).filter(|(name, _)| name != "cursor");
    form_urlencoded::Serializer::new(String::new()).extend_pairs(others).append_pair("cursor", cursor).finish()
}
