//! `GET /desk/search`: tickets by words in their texts, the best first.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;

use super::list::TicketRow;
use super::query::ListQuery;
use super::said_once;
use crate::app::desk::directory::directory;
use crate::app::desk::search::{self, HITS_MAX, Hit, Matched, Results};
use crate::domain::search::{QUERY_MAX_CHARS, Query};
use crate::domain::user::Requester;
use crate::domain::{Checked, Error, Timestamp};
use crate::http::AppState;
use crate::http::console::error::PageError;
use crate::http::console::frame::Frame;
use crate::http::console::markdown::{self, Part};
use crate::http::console::session::Signed;
use crate::http::console::texts::text;
use crate::http::console::views::{View, counted_views};
use crate::http::console::{filters, page};
use crate::http::extract::Form;
use crate::storage::Tx;

/// What is beside the tickets that were found, in their addresses.
const BESIDE: &str = "view=all";

/// The page.
#[derive(Template)]
#[template(path = "console/search.html")]
struct SearchPage {
    frame: Frame,
    /// What was typed.
    q: String,
    /// The query of the list that the search came from.
    list: String,
    /// That list with what was typed as a part of the subject; none, if nothing can be looked for.
    by_subject: Option<String>,
    rows: Vec<TicketRow>,
    /// Whether there may be more.
    is_cut: bool,
    /// Whether older texts were not looked at.
    is_partial: bool,
    outcome: Outcome,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Found,
    Nothing,
    /// Nothing was typed yet.
    NotAsked,
    /// There is no letter and no digit in it.
    NoWord,
    TooLong,
}

/// The handler.
pub async fn search(State(app): State<AppState>, signed: Signed, request: Request) -> Result<Response, PageError> {
    let staff = signed.requester();
    let form = Form::from_urlencoded(request.uri().query().unwrap_or_default().as_bytes());
    let q = form.raw("q").unwrap_or_default().trim().to_owned();
    let list = ListQuery::parse(&form.raw("list").unwrap_or_default(), &staff);
    let query = Query::parse(&q);
    let now = app.clock().now();
    let (views, rows, is_partial) = {
        let query = query.clone();
        app.store().read(move |tx| find(tx, &staff, &query, now)).await?
    };
    let outcome = match query {
        _ if q.is_empty() => Outcome::NotAsked,
        Err(_) => Outcome::TooLong,
        Ok(query) if query.is_empty() => Outcome::NoWord,
        Ok(_) if rows.is_empty() => Outcome::Nothing,
        Ok(_) => Outcome::Found,
    };
    let status = if outcome == Outcome::TooLong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let by_subject = matches!(outcome, Outcome::Found | Outcome::Nothing | Outcome::NoWord)
        .then(|| format!("/desk/tickets?{}", list.with_text(&q)));
    let list = list.without("text");
    let here = form_urlencoded::Serializer::new(String::new()).append_pair("q", &q).append_pair("list", &list).finish();
    let frame = Frame::new(&signed, request.headers(), &views, None, format!("/desk/search?{here}"));
    let page = SearchPage { frame, q, list, by_subject, is_cut: rows.len() == HITS_MAX, is_partial, rows, outcome };
    Ok(said_once(page.frame.said.is_some(), page::html(status, &page)))
}

fn find(
    tx: &mut dyn Tx,
    staff: &Requester,
    query: &Checked<Query>,
    now: Timestamp,
) -> Result<(Vec<View>, Vec<TicketRow>, bool), Error> {
    let results = query.as_ref().map_or(Ok(Results::default()), |query| search::search(tx, staff, query))?;
    let directory = directory(tx, staff)?;
    let row = |hit: &Hit| found(hit, TicketRow::new(&hit.ticket, &directory, None, BESIDE, now));
    Ok((counted_views(tx, staff, now)?, results.hits.iter().map(row).collect(), results.is_partial))
}

/// The row of a ticket, with the text that was found in it.
fn found(hit: &Hit, mut row: TicketRow) -> TicketRow {
    let snippet = &hit.snippet;
    let (kind, said) = match hit.matched {
        Matched::Subject => ("subject", None),
        Matched::Comment => ("comment", None),
        Matched::Reply(id) => ("reply", Some(id)),
        Matched::Note(id) => ("note", Some(id)),
    };
    let mut parts = match hit.matched {
        Matched::Subject => markdown::parts(&snippet.text, &snippet.marks),
        _ => markdown::plain_parts(&snippet.text, &snippet.marks),
    };
    let more = || Part { text: text("snippet-more"), marked: false };
    if snippet.begins_later {
        parts.insert(0, more());
    }
    if snippet.goes_on {
        parts.push(more());
    }
    if hit.matched == Matched::Subject {
        row.subject = parts;
    } else {
        row.preview = parts;
    }
    if let Some(said) = said {
        row.href = format!("{}#c{said}", row.href);
    }
    row.matched = Some(kind);
    row
}
