//! The query string of a list of tickets: of the staff's API, of the console's addresses, and what a view is.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::ApiError;
use super::desk::Moment;
use super::desk::cursor;
use super::words::{PriorityWord, StatusWord};
use crate::domain::user::Requester;
use crate::domain::{CategoryId, Error, TagId, TeamId, Timestamp, UserId};
use crate::storage::queries::desk_tickets::{DeskFilter, Snoozed, Sort, Whose};

/// Values of one parameter at the most.
const VALUES_MAX: usize = 50;

/// The longest part of a subject, in characters.
const TEXT_MAX_CHARS: usize = 200;

/// Bytes of a query string at the most.
const QUERY_MAX_BYTES: usize = 4096;

/// The parameters that say which tickets a list has, in the order in which we write them.
pub const FILTERS: [&str; 13] = [
    "status",
    "priority",
    "assignee",
    "team",
    "category",
    "tag",
    "requester",
    "text",
    "created_from",
    "created_before",
    "updated_from",
    "updated_before",
    "snoozed",
];

/// The parameter that says in which order it has them.
pub const SORT: &str = "sort";

/// All orders, by the words for them.
pub const SORTS: [(&str, Sort); 5] = [
    ("-updated", Sort::Newest),
    ("updated", Sort::Oldest),
    ("-created", Sort::LastOpened),
    ("created", Sort::FirstOpened),
    ("-priority", Sort::Urgent),
];

/// What to do with snoozed tickets, by the words for it.
pub const SNOOZED: [(&str, Snoozed); 3] =
    [("hidden", Snoozed::Hidden), ("only", Snoozed::Only), ("included", Snoozed::Included)];

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
        query.take(&name, value.trim(), staff).map_err(|sentence| ApiError::field(name.into_owned(), sentence))?;
    }
    Ok(query)
}

/// Goes on if `encoded` is a query that the list can read, and about which tickets and in which order, not about pages.
///
/// # Errors
/// A 400 that names the parameter.
pub fn check_view(encoded: &str, staff: &Requester) -> Result<(), ApiError> {
    let parsed = parse(encoded, staff)?;
    if parsed.cursor.is_some() || parsed.limit.is_some() || parsed.count {
        return Err(ApiError::invalid_body("A view has no limit, cursor or count."));
    }
    Ok(())
}

impl ListQuery {
    /// Reads one parameter; what was read of it before is forgotten. `me` is `staff`.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence.
    pub fn take(&mut self, name: &str, value: &str, staff: &Requester) -> Result<(), Cow<'static, str>> {
        let filter = &mut self.filter;
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
            "snoozed" => self.filter.snoozed = one_of(&SNOOZED, value)?,
            "text" => filter.text = part(value)?,
            SORT => self.sort = one_of(&SORTS, value)?,
            "limit" => {
                let limit = value.parse().ok().filter(|limit| *limit > 0);
                self.limit = Some(limit.ok_or("It must be a number above 0.")?);
            }
            "cursor" => self.cursor = Some(value.to_owned()),
            "count" => self.count = value.parse().map_err(|_| "It must be true or false.")?,
            _ => return Err("There is no such parameter.".into()),
        }
        Ok(())
    }

    /// The key to go on after, if the query has a cursor.
    ///
    /// # Errors
    /// [`Error::Invalid`] when no page gave the cursor.
    pub fn after(&self) -> Result<Option<Vec<i64>>, Error> {
        let Some(given) = &self.cursor else { return Ok(None) };
        let key = cursor::read(given)?;
        let numbers = key.split(',').map(|number| number.parse().map_err(|_| cursor::refused()));
        numbers.collect::<Result<Vec<_>, _>>().map(Some)
    }
}

/// The cursor of the page after the ticket with this key: what the ticket was sorted by, in numbers.
pub fn cursor_after(key: &[i64]) -> String {
    let numbers: Vec<String> = key.iter().map(i64::to_string).collect();
    cursor::write(&numbers.join(","))
}

fn one_of<T: Copy>(known: &[(&str, T)], word: &str) -> Result<T, Cow<'static, str>> {
    let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
    let found = known.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
    found.ok_or_else(|| format!("It must be one of {}.", words.join(", ")).into())
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
    let wrong = "It must be a time such as 2026-11-24T09:00:00Z (RFC 3339), or a day such as 2026-11-24 (UTC).";
    let of_day = || Moment::parse(&format!("{value}T00:00:00Z"));
    Moment::parse(value).or_else(of_day).map(|moment| moment.0).ok_or_else(|| wrong.into())
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
