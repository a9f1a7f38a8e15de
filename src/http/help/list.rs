//! `GET /help`: one's own tickets.

use askama::Template;
use askama::filters::Safe;
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;

use super::frame::{Choice, Frame, framed};
use super::session::Signed;
use crate::app::list_tickets::{FilterId, ListFields, list_tickets};
use crate::domain::{TicketId, Timestamp};
use crate::http::AppState;
use crate::http::extract::Form;
use crate::http::pages::error::PageError;
use crate::http::pages::{filters, times};
use crate::http::words::StatusWord;
use crate::storage::queries::tickets::TicketView;

/// Tickets on a page.
const PER_PAGE: i64 = 25;

/// The page.
#[derive(Template)]
#[template(path = "help/list.html")]
struct ListPage {
    frame: Frame,
    /// Part of the subject that is looked for.
    subject: String,
    statuses: Vec<Choice>,
    /// Whether the list is narrowed down.
    narrowed: bool,
    /// Whether it begins behind newer tickets.
    is_older: bool,
    rows: Vec<Row>,
    /// The address of the beginning, and of what comes behind this page.
    newest: String,
    older: Option<String>,
}

/// A ticket in the list.
struct Row {
    id: TicketId,
    subject: String,
    category: String,
    status: &'static str,
    opened: Safe<String>,
}

impl Row {
    fn new(ticket: &TicketView<'_>, category: &str, now: Timestamp) -> Self {
        Self {
            id: ticket.id,
            subject: ticket.subject.to_owned(),
            category: category.to_owned(),
            status: StatusWord(ticket.status).word(),
            opened: times::ago(ticket.created_at, now),
        }
    }
}

/// What the address asks for; what cannot be read is left out.
#[derive(Clone, Debug)]
struct Asked {
    subject: Option<String>,
    status: Option<StatusWord>,
    /// The last ticket of the page before.
    before: Option<TicketId>,
}

impl Asked {
    fn parse(query: &str) -> Self {
        let form = Form::from_urlencoded(query.as_bytes());
        Self {
            subject: form.parameter("subject"),
            status: form.parameter("status").and_then(|word| StatusWord::parse(&word)),
            before: form.parameter("before").and_then(|id| id.parse().ok()).map(TicketId),
        }
    }

    fn fields(&self) -> ListFields {
        ListFields {
            subject: self.subject.clone(),
            category: Ok(None),
            status: Ok(self.status.map(|word| FilterId::Is(word.0.number()))),
            limit: Ok(Some(PER_PAGE)),
            offset: Ok(None),
            cursor: Ok(self.before),
        }
    }

    /// The address of the same list, behind the ticket `before`.
    fn address(&self, before: Option<TicketId>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.subject.iter().map(|subject| ("subject", subject)));
        query.extend_pairs(self.status.iter().map(|status| ("status", status.word())));
        query.extend_pairs(before.iter().map(|id| ("before", id.to_string())));
        let query = query.finish();
        if query.is_empty() { "/help".to_owned() } else { format!("/help?{query}") }
    }
}

/// The handler.
pub async fn list(State(app): State<AppState>, signed: Signed, request: Request) -> Result<Response, PageError> {
    let asked = Asked::parse(request.uri().query().unwrap_or_default());
    let (requester, fields, now) = (signed.requester(), asked.fields(), app.clock().now());
    let read = app.store().read_anywhere(move |tx| {
        let mut rows = Vec::new();
        let last = list_tickets(tx, &requester, &fields, &mut |ticket, category| {
            rows.push(Row::new(ticket, category, now));
        })?;
        Ok((rows, last))
    });
    let (rows, last) = read.await?;
    let page = ListPage {
        frame: Frame::new(&signed, request.headers(), asked.address(asked.before)),
        statuses: Choice::of_words("status", StatusWord::WORDS, asked.status.map(StatusWord::word)),
        narrowed: asked.subject.is_some() || asked.status.is_some(),
        is_older: asked.before.is_some(),
        newest: asked.address(None),
        older: last.map(|last| asked.address(Some(last))),
        subject: asked.subject.unwrap_or_default(),
        rows,
    };
    Ok(framed(StatusCode::OK, &page.frame, &page))
}
