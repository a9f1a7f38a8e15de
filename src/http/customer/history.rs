//! Endpoint 3: the caller's own tickets.

use axum::extract::State;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::HISTORY;
use crate::app::list_tickets::{FilterId, ListFields, list_tickets};
use crate::domain::id::parse_plain;
use crate::domain::{Checked, Error, Problem, TicketId, text};
use crate::http::extract::{Caller, Form, QueryForm};
use crate::http::{ApiError, AppState, envelope};

/// What a page of fifty tickets takes, more or less.
const USUAL_BYTES: usize = 16 * 1024;

/// What a cursor holds before its ticket's id.
const CURSOR_MARK: &str = "before:";

#[derive(Serialize, ToSchema)]
#[schema(as = TicketListItem)]
pub struct TicketItem<'a> {
    #[schema(example = 7)]
    id: i64,
    #[schema(example = "The invoice of May is wrong")]
    subject: &'a str,
    /// `1` Low, `2` Medium, `3` High
    #[schema(example = "2")]
    priority: &'static str,
    #[schema(example = 1)]
    category: i64,
    #[schema(example = "Billing")]
    category_title: &'a str,
    comment: &'a str,
    /// `1` Open, `2` Processing, `3` Closed
    #[schema(example = "1")]
    status: &'static str,
}

/// List one's own tickets
///
/// Newest first, 50 unless `limit` says otherwise. Where there are more, `Link` with `rel="next"` leads to them, at the
/// same cost for every page. Also answers on `get/ticket/history/`.
#[utoipa::path(get, path = "/support/get/ticket/history/", tag = "Tickets",
    params(crate::http::docs::HistoryParameters),
    responses((status = 200, description = "The tickets", body = crate::http::docs::TicketListAnswer,
        headers(("Link" = String, description = "The next page, if there is one")))))]
pub async fn history(
    State(app): State<AppState>,
    caller: Caller,
    QueryForm(form): QueryForm,
) -> Result<Response, ApiError> {
    let fields = ListFields {
        subject: form.parameter("subject"),
        category: filter(&form, "category"),
        status: filter(&form, "status"),
        limit: whole_number(&form, "limit", 1),
        offset: whole_number(&form, "offset", 0),
        cursor: cursor(&form),
    };
    let requester = caller.requester;
    let (body, next) = app
        .store()
        .read_anywhere(move |tx| {
            envelope::success(USUAL_BYTES, |body| {
                body.extend_from_slice(br#"{"TicketList":["#);
                let mut separator: &[u8] = b"";
                let next = list_tickets(tx, &requester, &fields, &mut |ticket, title| {
                    body.extend_from_slice(separator);
                    separator = b",";
                    let item = TicketItem {
                        id: ticket.id.0,
                        subject: ticket.subject,
                        priority: ticket.priority.code(),
                        category: ticket.category.0,
                        category_title: title,
                        comment: ticket.comment,
                        status: ticket.status.code(),
                    };
                    envelope::push_json(body, &item);
                })?;
                body.extend_from_slice(b"]}");
                Ok(next)
            })
        })
        .await?;
    let mut response = envelope::json(StatusCode::OK, body);
    if let Some(last) = next {
        let link = format!("<{}>; rel=\"next\"", next_page(&app, &form, last));
        let link = HeaderValue::try_from(link).map_err(Error::internal)?;
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

/// The address of the page behind the ticket `last`: the same filters, with a cursor in the place of the offset.
fn next_page(app: &AppState, form: &Form, last: TicketId) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in ["subject", "category", "status", "limit"] {
        if let Some(value) = form.parameter(name) {
            query.append_pair(name, &value);
        }
    }
    query.append_pair("cursor", &URL_SAFE_NO_PAD.encode(format!("{CURSOR_MARK}{last}")));
    app.link(&format!("{}/?{}", HISTORY.paths[0], query.finish()))
}

fn cursor(form: &Form) -> Checked<Option<TicketId>> {
    let Some(given) = form.parameter("cursor") else { return Ok(None) };
    let decoded = URL_SAFE_NO_PAD.decode(given.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let id = decoded.as_deref().and_then(|text| text.strip_prefix(CURSOR_MARK)?.parse().ok());
    id.map(|id| Some(TicketId(id))).ok_or_else(|| vec![Problem::InvalidCursor])
}

/// A filter by id; blank is none.
fn filter(form: &Form, name: &str) -> Checked<Option<FilterId>> {
    let Some(given) = form.parameter(name) else { return Ok(None) };
    match parse_plain(&given) {
        None => Err(vec![Problem::NotNumeric]),
        Some(None) => Ok(Some(FilterId::NamesNothing)),
        Some(Some(id)) => Ok(Some(FilterId::Is(id))),
    }
}

/// A whole number not below `least`; blank is none. One that is too large for a row counts as the largest.
fn whole_number(form: &Form, name: &str, least: i64) -> Checked<Option<i64>> {
    let Some(given) = form.parameter(name) else { return Ok(None) };
    let trimmed = text::trim(&given);
    let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(vec![Problem::NotAnInteger]);
    }
    let number = digits.parse().unwrap_or(i64::MAX);
    let number = if trimmed.starts_with('-') { -number } else { number };
    if number < least { Err(vec![Problem::TooSmall(least)]) } else { Ok(Some(number)) }
}
