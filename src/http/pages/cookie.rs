//! The cookies of pages. All are bound to this host and to encrypted connections by their prefix; browsers take
//! `http://localhost` and `http://127.0.0.1` for encrypted.

use std::time::Duration;

use axum::http::HeaderName;
use cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header};

use crate::app::browser_session::Door;
use crate::identity::browser::COOKIE_LIFETIME;

/// The cookie that says who is signed in at `door`.
fn session(door: Door) -> &'static str {
    match door {
        Door::Desk => "__Host-ferrodesk",
        Door::Help => "__Host-ferrodesk-help",
    }
}

/// The longest cookie that is looked at, in bytes; ours are 43.
const MAX_BYTES: usize = 64;

/// A header that sets a cookie.
pub type SetCookie = (HeaderName, HeaderValue);

/// The value of the cookie `name`.
pub fn value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut named = pairs.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    named.find_map(|(given, value)| (given == name).then_some(value))
}

/// What the cookie says of who is signed in at `door`.
pub fn of_session(door: Door, headers: &HeaderMap) -> Option<&str> {
    value(headers, session(door)).filter(|value| !value.is_empty() && value.len() <= MAX_BYTES)
}

/// Keeps somebody signed in at `door`.
pub fn keep_session(door: Door, token: &str) -> SetCookie {
    set(session(door), token, Some(COOKIE_LIFETIME))
}

/// Forgets who is signed in.
pub fn forget_session(door: Door) -> SetCookie {
    forget(session(door))
}

/// Sets a cookie, for as long as `lifetime` or until the browser is closed. Its value is one of ours: letters, digits and
/// what else a cookie may hold.
pub fn set(name: &'static str, value: &str, lifetime: Option<Duration>) -> SetCookie {
    let mut built = Cookie::build((name, value)).path("/").secure(true).http_only(true).same_site(SameSite::Lax);
    if let Some(lifetime) = lifetime {
        let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        built = built.max_age(cookie::time::Duration::seconds(seconds));
    }
    let line = HeaderValue::try_from(built.build().to_string());
    (header::SET_COOKIE, line.expect("our values hold no control characters"))
}

/// Deletes a cookie.
pub fn forget(name: &'static str) -> SetCookie {
    set(name, "", Some(Duration::ZERO))
}
