//! What the next page says was done, and how to undo it. A cookie carries it over the redirect.

use std::time::Duration;

use http::HeaderMap;

use super::cookie::{self, SetCookie};
use crate::http::extract::Form;

const COOKIE: &str = "__Host-ferrodesk-said";

/// A redirect takes less.
const LIFETIME: Duration = Duration::from_mins(1);

/// What can be said, as its text is called.
const KINDS: [&str; 8] = ["replied", "noted", "changed", "closed", "undone", "added", "removed", "revoked"];

/// The fields of a change that can be undone.
const FIELDS: [&str; 6] = ["status", "priority", "category", "assignee", "team", "tags"];

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub kind: &'static str,
    pub ticket: i64,
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
            undo: undo.collect(),
        })
    }

    /// Has the next page say it.
    pub fn keep(&self) -> SetCookie {
        let mut value = form_urlencoded::Serializer::new(String::new());
        value.append_pair("said", self.kind).append_pair("ticket", &self.ticket.to_string()).extend_pairs(&self.undo);
        cookie::set(COOKIE, &value.finish(), Some(LIFETIME))
    }

    /// It is said once.
    pub fn forget() -> SetCookie {
        cookie::forget(COOKIE)
    }
}
