//! The console's cookies. All are bound to this host and to encrypted connections by their prefix; browsers take
//! `http://localhost` and `http://127.0.0.1` for encrypted.

use std::time::Duration;

use axum::http::HeaderName;
use cookie::{Cookie, SameSite};
use http::{HeaderMap, HeaderValue, header};

use crate::identity::console::COOKIE_LIFETIME;

/// Who is signed in.
const SESSION: &str = "__Host-ferrodesk";

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

/// The cookie that says who is signed in.
pub fn of_session(headers: &HeaderMap) -> Option<&str> {
    value(headers, SESSION).filter(|value| !value.is_empty() && value.len() <= MAX_BYTES)
}

/// Keeps somebody signed in.
pub fn keep_session(token: &str) -> SetCookie {
    set(SESSION, token, Some(COOKIE_LIFETIME))
}

/// Forgets who is signed in.
pub fn forget_session() -> SetCookie {
    forget(SESSION)
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
