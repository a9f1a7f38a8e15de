//! `POST /desk/tickets/{id}/change`: what is different from how the page showed it, is changed.

use axum::extract::{Path, State};
use axum::response::Response;

use super::ticket_id;
use crate::app::desk::change_ticket::{TicketChange, change_ticket};
use crate::domain::{CategoryId, Checked, Error, Invalid, Problem, TagId, TeamId, UserId};
use crate::http::AppState;
use crate::http::console::error::PageError;
use crate::http::console::place::{Place, go_to};
use crate::http::console::said::Said;
use crate::http::console::session::Signed;
use crate::http::extract::Form;
use crate::http::words::{PriorityWord, StatusWord};

/// The fields, as they are called in the form. With `was-` before them they say how the page showed them.
const FIELDS: [&str; 6] = ["status", "priority", "category", "assignee", "team", "tags"];

/// The handler. Only what its sender changed is changed, so that nobody takes back what another did meanwhile.
pub async fn change(
    State(app): State<AppState>,
    signed: Signed,
    Path(id): Path<String>,
    form: Form,
) -> Result<Response, PageError> {
    let ticket = ticket_id(&id)?;
    let next = Place::or_home(form.parameter("next"));
    let fields: Vec<(&'static str, String, Option<String>)> = FIELDS
        .into_iter()
        .filter_map(|name| Some((name, given(&form, name)?, form.raw(&format!("was-{name}")))))
        .filter(|(_, given, was)| was.as_ref() != Some(given))
        .collect();
    if fields.is_empty() {
        return go_to(next.as_str());
    }
    let change = read(&fields)?;
    let (staff, at) = (signed.requester(), app.clock().now());
    app.store().write(move |tx| change_ticket(tx, &staff, ticket, &change, None, at)).await?;
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
    let said = Said { kind, ticket: ticket.0, undo: if kind == "undone" { Vec::new() } else { undo } };
    let mut response = go_to(next.as_str())?;
    response.headers_mut().extend([said.keep()]);
    Ok(response)
}

/// What the form gives for `name`: of tags, the ids in order, separated by commas.
fn given(form: &Form, name: &'static str) -> Option<String> {
    if name != "tags" || form.raw("tags-shown").is_none() {
        return form.raw(name);
    }
    let mut ids: Vec<i64> = form.all("tags").filter_map(|id| id.parse().ok()).collect();
    ids.sort_unstable();
    Some(ids.iter().map(i64::to_string).collect::<Vec<_>>().join(","))
}

fn read(fields: &[(&'static str, String, Option<String>)]) -> Result<TicketChange, Error> {
    let mut change = TicketChange::default();
    let mut invalid = Invalid::default();
    for (name, given, _) in fields {
        match *name {
            "status" => change.status = invalid.take(name, choice(given, StatusWord::parse(given).map(|word| word.0))),
            "priority" => {
                change.priority = invalid.take(name, choice(given, PriorityWord::parse(given).map(|word| word.0)));
            }
            "category" => change.category = invalid.take(name, number(given).map(CategoryId)),
            "assignee" => change.assignee = invalid.take(name, optional(given).map(|id| id.map(UserId))),
            "team" => change.team = invalid.take(name, optional(given).map(|id| id.map(TeamId))),
            _ => {
                let ids = given.split_terminator(',').map(|id| number(id).map(TagId)).collect();
                change.tags = invalid.take(name, ids);
            }
        }
    }
    if invalid.is_empty() { Ok(change) } else { Err(Error::Invalid(invalid)) }
}

fn choice<T>(given: &str, known: Option<T>) -> Checked<T> {
    known.ok_or_else(|| vec![Problem::NotAChoice(given.to_owned())])
}

fn number(given: &str) -> Checked<i64> {
    choice(given, given.parse().ok())
}

/// An id, or nothing if the field is empty.
fn optional(given: &str) -> Checked<Option<i64>> {
    if given.is_empty() { Ok(None) } else { number(given).map(Some) }
}
