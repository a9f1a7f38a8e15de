//! What reads strangers' bytes and is nobody else's business, for `fuzz/` and for the tests that run its corpus.

use std::convert::Infallible;
use std::ops::Range;

use axum::body::Body;
use axum::extract::{FromRequest as _, Request};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Method, header};

use super::extract::Form;
use super::pages::markdown;
use super::{AppState, desk, stored_file, tickets_query};
use crate::domain::user::Requester;

/// The parts of a text that are marked, and those between them.
pub type Parts = Vec<(String, bool)>;

/// Reads a body that arrives in `pieces` as a form: what tells it from others, or the status that it is refused with.
///
/// # Errors
/// The status of the answer.
pub async fn form(app: &AppState, content_type: &str, pieces: Vec<Bytes>) -> Result<[u8; 32], u16> {
    let body = Body::from_stream(stream::iter(pieces.into_iter().map(Ok::<_, Infallible>)));
    let request = Request::post("/").header(header::CONTENT_TYPE, content_type).body(body).map_err(|_| 0_u16)?;
    let form = Form::from_request(request, app).await.map_err(|refused| refused.status.as_u16())?;
    Ok(form.fingerprint(app.secret(), ""))
}

/// The part of a file that a GET with these headers asks for; `None` is one that the file does not have.
#[must_use]
pub fn requested_range(headers: &HeaderMap, etag: &str, size: u64) -> Option<Range<u64>> {
    match stored_file::requested_range(&Method::GET, headers, etag, size) {
        stored_file::Requested::Whole => Some(0..size),
        stored_file::Requested::Part(range) => Some(range),
        stored_file::Requested::Nothing => None,
    }
}

#[must_use]
pub fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    stored_file::is_known(headers, etag)
}

/// The event that a stream is resumed at, and whether one is asked for.
#[must_use]
pub fn stream(headers: &HeaderMap) -> (Option<i64>, bool) {
    (desk::events::last_seen(headers), desk::events::accepts_a_stream(headers))
}

#[must_use]
pub fn disposition(name: &str) -> String {
    stored_file::disposition(name)
}

#[must_use]
pub fn html(text: &str) -> String {
    markdown::html(text)
}

#[must_use]
pub fn plain(text: &str, max_chars: usize) -> String {
    markdown::plain(text, max_chars)
}

#[must_use]
pub fn plain_parts(text: &str, marks: &[Range<usize>]) -> Parts {
    markdown::plain_parts(text, marks).into_iter().map(|part| (part.text, part.marked)).collect()
}

/// The key that a cursor of the desk stands for, and the cursor that stands for it.
#[must_use]
pub fn cursor(given: &str) -> Option<(String, String)> {
    let key = desk::cursor::read(given).ok()?;
    let again = desk::cursor::write(&key);
    Some((key, again))
}

/// Whether a query of the list of tickets can be read, its cursor included.
#[must_use]
pub fn tickets_query(encoded: &str, staff: &Requester) -> bool {
    tickets_query::parse(encoded, staff).is_ok_and(|query| query.after().is_ok())
}
