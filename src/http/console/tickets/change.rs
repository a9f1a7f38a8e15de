//! `POST /desk/tickets/{id}/change`: what is different from how the page showed it, is changed.

use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::query::ListQuery;
use super::{Opened, ticket_id, ticket_page};
use crate::app::desk::change_ticket::{TicketChange, change_ticket};
use crate::domain::{CategoryId, Checked, Error, Invalid, Problem, TagId, TeamId, TicketId, Timestamp, UserId};
use crate::http::AppState;
use crate::http::console::error::PageError;
use crate::http::console::place::{Place, go_to};
use crate::http::console::problems::sentences;
use crate::http::console::said::{FIELDS, Said};
use crate::http::console::session::Signed;
use crate::http::console::times;
use crate::http::extract::Form;
use crate::http::words::{PriorityWord, StatusWord};

/// A field, what the form gives for it, and how the page showed it.
type Given = (&'static str, String, Option<String>);

/// The handler. Only what its sender changed is changed, so that nobody takes back what another did meanwhile.
pub async fn change(
    State(app): State<AppState>,
    signed: Signed,
    Path(id): Path<String>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, PageError> {
    let ticket = ticket_id(&id)?;
    let next = Place::or_home(form.parameter("next"));
    let (staff, at) = (signed.requester(), app.clock().now());
    let fields: Vec<Given> = FIELDS
        .into_iter()
        .filter_map(|name| Some((name, given(&form, name, at)?, form.raw(&format!("was-{name}")))))
        .filter(|(_, given, was)| was.as_ref() != Some(given))
        .collect();
    if fields.is_empty() {
        return go_to(next.as_str());
    }
    let changed = match read(&form, &fields) {
        Ok(change) => app.store().write(move |tx| change_ticket(tx, &staff, ticket, &change, None, at)).await,
        Err(invalid) => Err(Error::Invalid(invalid)),
    };
    match changed {
        Ok(_) => {}
        Err(Error::Invalid(invalid)) => return refused(&app, &signed, &headers, ticket, &next, &invalid).await,
        Err(error) => return Err(error.into()),
    }
    let mut response = go_to(next.as_str())?;
    response.headers_mut().extend([said(&form, ticket, fields).keep()]);
    Ok(response)
}

/// The ticket's page, which says why nothing was done.
pub async fn refused(
    app: &AppState,
    signed: &Signed,
    headers: &HeaderMap,
    ticket: TicketId,
    next: &Place,
    invalid: &Invalid,
) -> Result<Response, PageError> {
    let query = ListQuery::parse(next.query(), &signed.requester());
    ticket_page(app, signed, headers, ticket, query, Opened::refused(sentences(invalid))).await
}

/// What the next page says, and how to undo it.
fn said(form: &Form, ticket: TicketId, fields: Vec<Given>) -> Said {
    let closes = fields.iter().any(|(name, given, _)| *name == "status" && given == "closed");
    let kind = if form.parameter("undoes").is_some() {
        "undone"
    } else if closes {
        "closed"
    } else {
        "changed"
    };
    let mut undo: Vec<_> = fields.into_iter().filter_map(|(name, _, was)| Some((name, was?))).collect();
    // Who takes an open ticket starts work on it: to undo the one is to undo the other.
    if undo.iter().any(|(name, _)| *name == "assignee") && !undo.iter().any(|(name, _)| *name == "status") {
        undo.extend(form.raw("was-status").map(|was| ("status", was)));
    }
    Said { undo: if kind == "undone" { Vec::new() } else { undo }, ..Said::of_ticket(kind, ticket) }
}

/// What the form gives for `name`: of tags, the ids in order, separated by commas; of a time, the time in full.
fn given(form: &Form, name: &'static str, at: Timestamp) -> Option<String> {
    match name {
        "tags" if form.raw("tags-shown").is_some() => {
            let mut ids: Vec<i64> = form.all("tags").filter_map(|id| id.parse().ok()).collect();
            ids.sort_unstable();
            Some(ids.iter().map(i64::to_string).collect::<Vec<_>>().join(","))
        }
        "snoozed_until" => {
            let given = form.raw(name)?;
            let offset = form.raw("offset").and_then(|minutes| minutes.parse().ok()).unwrap_or_default();
            Some(moment(&given, offset, at).map_or(given, times::machine))
        }
        _ => form.raw(name),
    }
}

/// A moment that is given as a number of minutes from `at`, or as date and time at a place that is `offset` minutes behind
/// UTC.
fn moment(given: &str, offset: i32, at: Timestamp) -> Option<Timestamp> {
    if let Some(minutes) = given.strip_prefix('+') {
        let minutes: u32 = minutes.parse().ok()?;
        return Some(at.plus(Duration::from_mins(minutes.into())));
    }
    let local: DateTime = given.parse().ok().filter(|_| !given.ends_with('Z'))?;
    let zone = TimeZone::fixed(Offset::from_seconds(offset.checked_mul(-60)?).ok()?);
    Some(Timestamp(local.to_zoned(zone).ok()?.timestamp().as_microsecond()))
}

fn read(form: &Form, fields: &[Given]) -> Result<TicketChange, Invalid> {
    let mut change = TicketChange::default();
    let mut invalid = Invalid::default();
    for (name, given, _) in fields {
        match *name {
            "subject" => change.subject = invalid.take(name, form.subject(name)),
            "status" => change.status = invalid.take(name, choice(given, StatusWord::parse(given).map(|word| word.0))),
            "priority" => {
                change.priority = invalid.take(name, choice(given, PriorityWord::parse(given).map(|word| word.0)));
            }
            "category" => change.category = invalid.take(name, number(given).map(CategoryId)),
            "assignee" => change.assignee = invalid.take(name, optional(given, number).map(|id| id.map(UserId))),
            "team" => change.team = invalid.take(name, optional(given, number).map(|id| id.map(TeamId))),
            "locked" => change.locked = invalid.take(name, choice(given, given.parse().ok())),
            "snoozed_until" => change.snoozed_until = invalid.take(name, optional(given, exact)),
            _ => {
                let ids = given.split_terminator(',').map(|id| number(id).map(TagId)).collect();
                change.tags = invalid.take(name, ids);
            }
        }
    }
    if invalid.is_empty() { Ok(change) } else { Err(invalid) }
}

fn choice<T>(given: &str, known: Option<T>) -> Checked<T> {
    known.ok_or_else(|| vec![Problem::NotAChoice(given.to_owned())])
}

fn number(given: &str) -> Checked<i64> {
    choice(given, given.parse().ok())
}

fn exact(given: &str) -> Checked<Timestamp> {
    let parsed: Option<jiff::Timestamp> = given.parse().ok();
    choice(given, parsed.map(|moment| Timestamp(moment.as_microsecond())))
}

/// What `read` makes of it, or nothing if the field is empty.
fn optional<T>(given: &str, read: impl Fn(&str) -> Checked<T>) -> Checked<Option<T>> {
    if given.is_empty() { Ok(None) } else { read(given).map(Some) }
}

#[cfg(test)]
mod tests {
    use super::moment;
    use crate::domain::Timestamp;

    #[test]
    fn moments_are_from_now_or_of_the_viewers_clock() {
        let now = Timestamp(0);
        assert_eq!(moment("+60", 0, now), Some(Timestamp(3_600_000_000)));
        assert_eq!(moment("1970-01-01T09:00", 0, now), Some(Timestamp(9 * 3_600_000_000)));
        // Two hours ahead of UTC is 120 minutes before it.
        assert_eq!(moment("1970-01-01T09:00", -120, now), Some(Timestamp(7 * 3_600_000_000)));
        assert_eq!(moment("tomorrow", 0, now), None);
        assert_eq!(moment("1970-01-01T09:00", i32::MAX, now), None);
        assert_eq!(moment("1970-01-01T09:00:00Z", 0, now), None, "it is exact already");
    }
}
