//! What is around every page.

use http::{HeaderMap, StatusCode};

use super::session::Signed;
use crate::http::pages::look::Look;
use crate::http::pages::page;
use crate::http::pages::people::Person;
use crate::http::pages::said::{Said, said_once};
use crate::http::pages::texts::text;

/// The frame of a page.
#[derive(Clone, Debug)]
pub struct Frame {
    pub look: Look,
    /// Whose help this is.
    pub workspace: String,
    pub me: Person,
    pub said: Option<Said>,
    /// The address of this page, to come back to.
    pub here: String,
}

impl Frame {
    /// The frame of the page at `here`.
    pub fn new(signed: &Signed, headers: &HeaderMap, here: String) -> Self {
        Self {
            look: Look::of(headers),
            workspace: signed.0.workspace_name.clone(),
            me: Person::from(&*signed.0),
            said: Said::of(headers),
            here,
        }
    }
}

/// A page with a frame, whose frame says once what was done.
pub fn framed(status: StatusCode, frame: &Frame, page: &impl askama::Template) -> axum::response::Response {
    said_once(frame.said.is_some(), page::html(status, page))
}

/// The choices of a select or of radio buttons.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

impl Choice {
    /// One for each of `words`, called `key-word`.
    pub fn of_words(key: &str, words: &[&str], chosen: Option<&str>) -> Vec<Self> {
        let choice = |word: &&str| Self {
            value: (*word).to_owned(),
            label: text(&format!("{key}-{word}")),
            chosen: chosen == Some(word),
        };
        words.iter().map(choice).collect()
    }
}
