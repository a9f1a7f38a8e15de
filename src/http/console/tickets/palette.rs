//! `GET /desk/palette`: all that can be gone to or done from here, as far as it has what was typed in its name.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;

use super::details::Details;
use super::query::ListQuery;
use crate::app::desk::directory::directory;
use crate::app::desk::read_ticket::read_ticket;
use crate::app::desk::rights::{Right, has};
use crate::app::desk::search::{Hit, search};
use crate::domain::search::Query;
use crate::domain::text::fold;
use crate::domain::user::Requester;
use crate::domain::{Error, Timestamp};
use crate::http::AppState;
use crate::http::console::error::PageError;
use crate::http::console::people::Person;
use crate::http::console::place::Place;
use crate::http::console::session::Signed;
use crate::http::console::texts::{text, text_with};
use crate::http::console::views::views;
use crate::http::console::{filters, page};
use crate::http::extract::Form;
use crate::storage::Tx;

/// Entries of each kind that are offered at the most.
const OFFERED_MAX: usize = 7;

/// Letters from which on tickets are looked for.
const SEARCHED_FROM: usize = 2;

/// The entries.
#[derive(Template)]
#[template(path = "console/parts/palette.html")]
struct Palette {
    entries: Vec<Entry>,
    /// Where changes of the open ticket go to.
    change: String,
    /// Where to go on then.
    next: String,
}

/// Something to go to or to do.
struct Entry {
    icon: String,
    label: String,
    hint: String,
    does: Does,
}

enum Does {
    Go(String),
    /// What the key does on the page that is open.
    Press(&'static str),
    /// A field of the open ticket is changed: its name, its value, and what it is now.
    Change(&'static str, String, String),
}

/// The handler. `q` is what was typed, `next` the page that is open.
pub async fn palette(State(app): State<AppState>, signed: Signed, request: Request) -> Result<Response, PageError> {
    let given = Form::from_urlencoded(request.uri().query().unwrap_or_default().as_bytes());
    let typed = given.parameter("q").unwrap_or_default();
    let next = Place::or_home(given.parameter("next"));
    let (staff, now) = (signed.requester(), app.clock().now());
    let palette = app.store().read(move |tx| offer(tx, &staff, typed.trim(), &next, now)).await?;
    Ok(page::html(StatusCode::OK, &palette))
}

fn offer(tx: &mut dyn Tx, staff: &Requester, typed: &str, next: &Place, now: Timestamp) -> Result<Palette, Error> {
    let open = next.ticket();
    let directory = directory(tx, staff)?;
    let details = match open.map(|ticket| read_ticket(tx, staff, ticket, None)) {
        Some(Ok(page)) => Some(Details::new(&page, &directory, staff, now)),
        Some(Err(Error::NotFound)) | None => None,
        Some(Err(error)) => return Err(error),
    };
    let fits = |label: &str| {
        let label = fold(label);
        fold(typed).split_whitespace().all(|word| label.contains(word))
    };
    let mut entries = Vec::new();
    if let Ok(number) = typed.trim_start_matches('#').parse::<i64>()
        && number > 0
    {
        let label = text_with("palette-number", "what", number);
        entries.push(Entry::to("ticket", label, String::new(), format!("/desk/tickets/{number}")));
    }
    if let Some(details) = details.as_ref().filter(|details| details.may_work) {
        let all = actions(details, typed.is_empty());
        entries.extend(all.into_iter().filter(|entry| fits(&entry.label)).take(OFFERED_MAX));
    }
    let views = views(tx, staff)?.into_iter().map(|view| {
        let address = format!("/desk/tickets?view={}", view.word);
        Entry::to(view.icon(), view.name.clone(), text("palette-view"), address)
    });
    entries.extend(views.filter(|entry| fits(&entry.label)));
    if has(staff.role, Right::WorkTickets) {
        let new = Entry::to("add", text("new-ticket"), "c".to_owned(), "/desk/tickets/new".to_owned());
        entries.extend(Some(new).filter(|entry| fits(&entry.label)));
    }
    let of_the_list = ListQuery::parse(next.query(), staff).here();
    for hit in hits(tx, staff, typed)? {
        let person = Person::new(&hit.ticket.requester_name, &hit.ticket.requester_email);
        let hint = text_with("ticket-number", "what", hit.ticket.id);
        let label = format!("{} · {}", hit.ticket.subject, person.name);
        entries.push(Entry::to("ticket", label, hint, format!("/desk/tickets/{}?{of_the_list}", hit.ticket.id)));
    }
    let change = details.map(|details| format!("/desk/tickets/{}/change", details.id)).unwrap_or_default();
    Ok(Palette { entries, change, next: next.as_str().to_owned() })
}

impl Entry {
    fn to(icon: &str, label: String, hint: String, address: String) -> Self {
        Self { icon: icon.to_owned(), label, hint, does: Does::Go(address) }
    }
}

/// What can be done with the open ticket. Who has typed nothing yet is offered what has a key alone.
fn actions(details: &Details, keys_only: bool) -> Vec<Entry> {
    let press = |icon: &str, key: &'static str, label: &str| Entry {
        icon: icon.to_owned(),
        label: text(label),
        hint: key.to_owned(),
        does: Does::Press(key),
    };
    let mut entries = vec![press("reply", "r", "key-reply"), press("note", "n", "key-note")];
    entries.push(press("assignee", "a", "key-assign"));
    entries.push(press("status", "s", "key-status"));
    if keys_only {
        return entries;
    }
    for select in &details.selects {
        let was = select.choices.iter().find(|choice| choice.chosen).map(|choice| choice.value.clone());
        for choice in select.choices.iter().filter(|choice| !choice.chosen) {
            entries.push(Entry {
                icon: select.name.to_owned(),
                label: format!("{}: {}", select.label, choice.label),
                hint: String::new(),
                does: Does::Change(select.name, choice.value.clone(), was.clone().unwrap_or_default()),
            });
        }
    }
    entries
}

/// The best few tickets; none for what cannot be searched for.
fn hits(tx: &mut dyn Tx, staff: &Requester, typed: &str) -> Result<Vec<Hit>, Error> {
    if typed.chars().count() < SEARCHED_FROM {
        return Ok(Vec::new());
    }
    let Ok(query) = Query::parse(typed) else { return Ok(Vec::new()) };
    let mut hits = search(tx, staff, &query)?.hits;
    hits.truncate(OFFERED_MAX);
    Ok(hits)
}
