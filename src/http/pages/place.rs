//! Where to go on: addresses of pages that come from a request and go into a redirect or a link.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::error::PageError;
use crate::app::browser_session::Door;
use crate::domain::{Error, TicketId};

/// Where the console begins.
pub const HOME: &str = "/desk";

/// Where the pages behind `door` begin.
pub fn home(door: Door) -> &'static str {
    match door {
        Door::Desk => HOME,
        Door::Help => "/help",
    }
}

/// What texts and templates call the pages behind `door`.
pub fn word(door: Door) -> &'static str {
    match door {
        Door::Desk => "desk",
        Door::Help => "help",
    }
}

/// The longest address that is carried along, in bytes.
const MAX_BYTES: usize = 2048;

/// An address of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    /// The place in the console that `given` names, or its home if that is none of it.
    pub fn or_home(given: Option<String>) -> Self {
        Self::at(Door::Desk, given)
    }

    /// The place behind `door` that `given` names, or home if that is none of it.
    pub fn at(door: Door, given: Option<String>) -> Self {
        given.filter(|given| is_below(home(door), given)).map_or_else(|| Self(home(door).to_owned()), Self)
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it asks for, after the `?`.
    pub fn query(&self) -> &str {
        self.0.split_once('?').map_or("", |(_, query)| query)
    }

    /// The ticket whose page it is.
    pub fn ticket(&self) -> Option<TicketId> {
        let path = self.0.split('?').next()?;
        path.strip_prefix(HOME)?.strip_prefix("/tickets/")?.parse().ok().map(TicketId)
    }

    /// The address as a value in another's query.
    pub fn encoded(&self) -> String {
        utf8_percent_encode(&self.0, NON_ALPHANUMERIC).to_string()
    }
}

/// Whether a browser that is sent to `given` stays below `home`: a path of ours, without dots to climb by and in the
/// characters of addresses alone.
fn is_below(home: &str, given: &str) -> bool {
    let below = given.strip_prefix(home);
    below.is_some_and(|below| below.is_empty() || below.starts_with(['/', '?']))
        && given.len() <= MAX_BYTES
        && !given.contains("..")
        && given.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'\\' | b'"' | b'<' | b'>' | b'`'))
}

/// Sends the browser there, to be asked for by `GET`.
pub fn go_to(address: &str) -> Result<Response, PageError> {
    let location = HeaderValue::try_from(address).map_err(Error::internal)?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

#[cfg(test)]
mod tests {
    use super::{Door, HOME, Place};

    #[test]
    fn only_places_in_the_console_are_gone_to() {
        for ours in ["/desk", "/desk/tickets?view=open", "/desk?x=1", "/desk/tickets/7?q=a%20b"] {
            assert_eq!(Place::or_home(Some(ours.to_owned())).as_str(), ours);
            assert_eq!(Place::at(Door::Help, Some(ours.to_owned())).as_str(), "/help");
        }
        let others = [
            "",
            "/",
            "//evil.example",
            "/desktop",
            "https://evil.example/desk",
            "/\\evil.example",
            "/desk/../api",
            "/desk\\@evil",
            "/desk/\r\nSet-Cookie: a=b",
            "/desk/ä",
            "javascript:alert(1)",
            "/desk@evil.example",
        ];
        for other in others {
            assert_eq!(Place::or_home(Some(other.to_owned())).as_str(), HOME, "{other:?}");
        }
    }
}
