//! Full-text search.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::caller::Staff;
use super::kept::Answer;
use super::params::Params;
use super::problem::DeskError;
use super::tickets::TicketBody;
use crate::app::desk::search::{self as found, Matched};
use crate::domain::search::{Query, Snippet};
use crate::domain::{Error, Invalid};
use crate::http::AppState;

/// What was found, the best first.
#[derive(Serialize, ToSchema)]
#[schema(as = SearchResults)]
struct ResultsBody {
    hits: Vec<HitBody>,
    /// Whether there are older texts with the words that were not looked at. One more word finds them
    partial: bool,
}

/// A ticket that was found.
#[derive(Serialize, ToSchema)]
#[schema(as = SearchHit)]
struct HitBody {
    ticket: TicketBody,
    /// Which text shows what was looked for: `subject`, `comment`, `reply` or `note`
    #[schema(example = "reply")]
    matched: &'static str,
    /// The reply's or the note's id
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<i64>,
    snippet: SnippetBody,
}

/// A part of a text, cut where what was looked for begins and ends.
#[derive(Serialize, ToSchema)]
#[schema(as = Snippet)]
struct SnippetBody {
    /// Whether the text has more before it
    begins_later: bool,
    parts: Vec<PartBody>,
    /// Whether the text goes on after it
    goes_on: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SnippetPart)]
struct PartBody {
    text: String,
    /// Whether this is what was looked for
    marked: bool,
}

impl From<Snippet> for SnippetBody {
    fn from(snippet: Snippet) -> Self {
        let mut parts = Vec::new();
        let mut part = |range: std::ops::Range<usize>, marked| {
            if !range.is_empty() {
                parts.push(PartBody { text: snippet.text[range].to_owned(), marked });
            }
        };
        let mut start = 0;
        for mark in &snippet.marks {
            part(start..mark.start, false);
            part(mark.clone(), true);
            start = mark.end;
        }
        part(start..snippet.text.len(), false);
        Self { begins_later: snippet.begins_later, parts, goes_on: snippet.goes_on }
    }
}

impl From<found::Hit> for HitBody {
    fn from(hit: found::Hit) -> Self {
        let (matched, conversation) = match hit.matched {
            Matched::Subject => ("subject", None),
            Matched::Comment => ("comment", None),
            Matched::Reply(id) => ("reply", Some(id.0)),
            Matched::Note(id) => ("note", Some(id.0)),
        };
        Self { ticket: hit.ticket.into(), matched, conversation, snippet: hit.snippet.into() }
    }
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct SearchParameters {
    /// Words, of which the last may be the beginning of one; words in double quotes stand in a row. Nothing is found without any
    #[param(max_length = 200, example = "\"dark theme\" refund")]
    q: Option<String>,
}

/// Search
///
/// Up to 50 tickets that have all the words in one of their texts: subject and first comment, a reply, a note. Case and
/// accents do not matter. What was written is found at once. Of very many texts that have the words, the newest are looked
/// at, and `partial` says so.
#[utoipa::path(get, path = "/desk/search", tag = "Desk: tickets", params(SearchParameters),
    responses((status = 200, description = "What was found", body = ResultsBody)))]
pub async fn search(State(app): State<AppState>, staff: Staff, params: Params) -> Result<Response, DeskError> {
    let params = params.only(&["q"])?;
    let mut invalid = Invalid::default();
    let query = invalid.take("q", Query::parse(params.text("q").unwrap_or_default()));
    let Some(query) = query else { return Err(Error::Invalid(invalid).into()) };
    let found = app.store().read(move |tx| found::search(tx, &staff.0, &query)).await?;
    let hits = found.hits.into_iter().map(HitBody::from).collect();
    Ok(Answer::ok(&ResultsBody { hits, partial: found.is_partial })?.present(&app))
}
