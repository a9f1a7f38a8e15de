//! How pages look to one browser: light or dark, and which panes are shown. A cookie keeps it.

use std::time::Duration;

use axum::Extension;
use axum::response::Response;
use http::HeaderMap;

use super::cookie::{self, SetCookie};
use super::error::PageError;
use super::place::{Place, go_to};
use crate::app::browser_session::Door;
use crate::http::extract::Form;

const COOKIE: &str = "__Host-ferrodesk-look";

/// Browsers keep a cookie for 400 days at the most.
const LIFETIME: Duration = Duration::from_hours(400 * 24);

/// Light, dark, or as the system has it.
const THEMES: [&str; 3] = ["system", "light", "dark"];

/// What a browser has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub theme: &'static str,
    /// Whether the pane of views is shown where there is room.
    pub views: bool,
    /// Whether the pane of details is shown where there is room.
    pub details: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { theme: THEMES[0], views: true, details: true }
    }
}

impl Look {
    /// What the browser chose before.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut look = Self::default();
        for word in cookie::value(headers, COOKIE).unwrap_or_default().split('.') {
            look.choose(word);
        }
        look
    }

    fn choose(&mut self, word: &str) {
        match word {
            "no-views" => self.views = false,
            "no-details" => self.details = false,
            "views" => self.views = true,
            "details" => self.details = true,
            _ => self.theme = THEMES.into_iter().find(|theme| *theme == word).unwrap_or(self.theme),
        }
    }

    fn keep(self) -> SetCookie {
        let views = if self.views { "views" } else { "no-views" };
        let details = if self.details { "details" } else { "no-details" };
        cookie::set(COOKIE, &format!("{}.{views}.{details}", self.theme), Some(LIFETIME))
    }

    /// The theme that the button leads to.
    pub fn next_theme(self) -> &'static str {
        let now = THEMES.iter().position(|theme| *theme == self.theme).unwrap_or_default();
        THEMES[(now + 1) % THEMES.len()]
    }
}

/// `POST look`: chooses, and goes back.
pub async fn choose(Extension(door): Extension<Door>, headers: HeaderMap, form: Form) -> Result<Response, PageError> {
    let mut look = Look::of(&headers);
    look.choose(&form.parameter("look").unwrap_or_default());
    let mut response = go_to(Place::at(door, form.parameter("next")).as_str())?;
    response.headers_mut().extend([look.keep()]);
    Ok(response)
}
