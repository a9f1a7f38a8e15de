//! What the next page says was done, and how to undo it. A cookie carries it over the redirect.

use std::time::Duration;

use axum::response::Response;
use http::HeaderMap;

use super::cookie::{self, SetCookie};
use super::texts::{counted, text_with};
use crate::domain::TicketId;
use crate::http::extract::Form;

const COOKIE: &str = "__Host-ferrodesk-said";

/// A redirect takes less.
const LIFETIME: Duration = Duration::from_mins(1);

/// What can be said, as its text is called.
const KINDS: [&str; 17] = [
    "opened",
    "replied",
    "noted",
    "changed",
    "closed",
    "undone",
    "merged",
    "bulk",
    "view-saved",
    "view-deleted",
    "added",
    "removed",
    "revoked",
    "help-opened",
    "help-replied",
    "help-closed",
    "help-reopened",
];

/// The fields of a ticket that pages change, and that can be undone. With `was-` before them, forms say how the page showed
/// them.
pub const FIELDS: [&str; 9] =
    ["subject", "status", "priority", "category", "assignee", "team", "tags", "locked", "snoozed_until"];

/// Tickets that are named which were not changed, at the most.
const NAMED_MAX: usize = 10;

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub kind: &'static str,
    pub ticket: i64,
    /// How many tickets were changed, of several.
    pub count: i64,
    /// Those that were not.
    pub refused: Vec<i64>,
    /// What to send to have it as it was before, and as it is now.
    pub undo: Vec<(&'static str, String)>,
}

impl Said {
    /// What the page before wants to be said.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let form = Form::from_urlencoded(cookie::value(headers, COOKIE)?.as_bytes());
        let given = form.parameter("said")?;
        let undo = FIELDS.into_iter().filter_map(|name| Some((name, form.raw(name)?)));
        Some(Self {
            kind: KINDS.into_iter().find(|kind| *kind == given)?,
            ticket: form.parameter("ticket")?.parse().ok()?,
            count: form.parameter("count").and_then(|count| count.parse().ok()).unwrap_or_default(),
            refused: form.all("refused").filter_map(|id| id.parse().ok()).take(NAMED_MAX).collect(),
            undo: undo.collect(),
        })
    }

    /// That something was done, to no ticket.
    pub fn that(kind: &'static str) -> Self {
        Self::of_ticket(kind, TicketId(0))
    }

    /// That something was done to one ticket.
    pub fn of_ticket(kind: &'static str, ticket: TicketId) -> Self {
        Self { kind, ticket: ticket.0, count: 1, refused: Vec::new(), undo: Vec::new() }
    }

    /// What is said.
    pub fn sentence(&self) -> String {
        let mut said = counted(&format!("said-{}", self.kind), self.count);
        if !self.refused.is_empty() {
            let numbers: Vec<String> = self.refused.iter().map(|id| text_with("ticket-number", "what", id)).collect();
            said.push(' ');
            said.push_str(&text_with("said-refused", "what", numbers.join(", ")));
        }
        said
    }

    /// Has the next page say it.
    pub fn keep(&self) -> SetCookie {
        let mut value = form_urlencoded::Serializer::new(String::new());
        value.append_pair("said", self.kind).append_pair("ticket", &self.ticket.to_string());
        value.append_pair("count", &self.count.to_string()).extend_pairs(&self.undo);
        value.extend_pairs(self.refused.iter().take(NAMED_MAX).map(|id| ("refused", id.to_string())));
        cookie::set(COOKIE, &value.finish(), Some(LIFETIME))
    }
}

/// `response`, after which what it `says` was done is not said again.
pub fn said_once(says: bool, mut response: Response) -> Response {
    if says {
        let (name, value) = cookie::forget(COOKIE);
        response.headers_mut().append(name, value);
    }
    response
}
