//! A stored file as an answer: `Range`, `If-None-Match`, and headers that let it do no harm. Written once for all who may
//! fetch files.

use std::convert::Infallible;
use std::ops::Range;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use utoipa::ToSchema;

use super::{ApiError, AppState, security_headers};
use crate::domain::attachment::StoredFile;
use crate::domain::{Error, WorkspaceId};

/// What RFC 8187 lets stand unencoded.
const ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The bytes of a file, of whatever type they are.
#[derive(ToSchema)]
#[schema(format = Binary)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct FileBytes(String);

/// Answers with the bytes of `file`, or with the part of them that the request asks for.
///
/// # Errors
/// 416 for a range that the file does not have; what reading the bytes gives.
pub async fn answer(
    app: &AppState,
    workspace: WorkspaceId,
    file: &StoredFile,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let size = u64::try_from(file.size).map_err(Error::internal)?;
    let etag = format!("\"{}\"", hex::encode(file.hash));
    let mut response = Response::new(Body::empty());
    set_headers(&mut response, file, &etag)?;
    if is_known(headers, &etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        // A body of a known length would be announced, and caches would take the file to be empty (RFC 9110, 8.6).
        *response.body_mut() = Body::from_stream(stream::empty::<Result<Bytes, Infallible>>());
        return Ok(response);
    }
    let part = match requested_range(method, headers, &etag, size) {
        Requested::Whole => 0..size,
        Requested::Nothing => return Err(ApiError::range_not_satisfiable(size)),
        Requested::Part(range) => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let content_range = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            let content_range = HeaderValue::try_from(content_range).map_err(Error::internal)?;
            response.headers_mut().insert(header::CONTENT_RANGE, content_range);
            range
        }
    };
    response.headers_mut().insert(header::CONTENT_LENGTH, (part.end - part.start).into());
    if *method != Method::HEAD {
        *response.body_mut() = Body::from_stream(app.blobs().get(workspace, &file.hash, part).await?);
    }
    Ok(response)
}

fn set_headers(response: &mut Response, file: &StoredFile, etag: &str) -> Result<(), Error> {
    let value = |text: &str| HeaderValue::try_from(text).map_err(Error::internal);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, value(&file.content_type)?);
    headers.insert(header::ETAG, value(etag)?);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_DISPOSITION, value(&disposition(&file.name))?);
    security_headers::on_file(headers);
    Ok(())
}

/// `Content-Disposition` with the name twice: in ASCII for old clients, and exactly (RFC 6266, appendix D).
pub(super) fn disposition(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | '%') { c } else { '_' }).collect();
    if plain == name {
        return format!("attachment; filename=\"{plain}\"");
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(name, ATTR_CHAR))
}

/// Whether `If-None-Match` names these bytes (RFC 9110, 13.1.2).
pub(super) fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == etag)
    })
}

/// What of the bytes is asked for.
pub(super) enum Requested {
    Whole,
    Part(Range<u64>),
    /// A range that begins behind the end.
    Nothing,
}

/// Reads `Range` (RFC 9110, 14.2). A header that is malformed, of several ranges, or for other bytes than these
/// (`If-Range`) is ignored, as it may be.
pub(super) fn requested_range(method: &Method, headers: &HeaderMap, etag: &str, size: u64) -> Requested {
    let same_bytes = headers.get(header::IF_RANGE).is_none_or(|value| value.as_bytes() == etag.as_bytes());
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let Some(range) = range.filter(|_| *method == Method::GET && same_bytes) else { return Requested::Whole };
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-')) else {
        return Requested::Whole;
    };
    let number = |text: &str| {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Some(text.parse::<u64>().unwrap_or(u64::MAX))
    };
    match (first, number(first), last, number(last)) {
        // The last so many bytes.
        ("", _, _, Some(count)) if count > 0 => Requested::Part(size.saturating_sub(count)..size),
        ("", _, _, Some(_)) => Requested::Nothing,
        (_, Some(first), "", _) if first < size => Requested::Part(first..size),
        (_, Some(first), _, Some(last)) if first <= last && first < size => {
            Requested::Part(first..last.saturating_add(1).min(size))
        }
        (_, Some(_), "", _) => Requested::Nothing,
        (_, Some(first), _, Some(last)) if first <= last => Requested::Nothing,
        _ => Requested::Whole,
    }
}
