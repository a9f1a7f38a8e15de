//! Endpoint 7: the bytes of an attachment.

use std::convert::Infallible;
use std::ops::Range;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::app::download_attachment::download_attachment;
use crate::domain::attachment::StoredFile;
use crate::domain::{AttachmentId, Error, WorkspaceId};
use crate::http::extract::Caller;
use crate::http::{ApiError, AppState};

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

/// Download an attachment
///
/// Answers `Range` and `If-None-Match`. What is not the caller's, or is on an internal note, is not there.
#[utoipa::path(get, path = "/support/ticket/download/{attachment_id}/", tag = "Tickets",
    params(("attachment_id" = i64, Path, description = "The attachment's id, as the detailed view gives it")),
    responses((status = 200, description = "The bytes", content_type = "application/octet-stream", body = [u8]),
        (status = 206, description = "A part of the bytes", content_type = "application/octet-stream", body = [u8]),
        (status = 304, description = "The caller has these bytes already"),
        (status = 416, description = "The file has no such range", body = crate::http::docs::FailureAnswer)))]
pub async fn download(
    State(app): State<AppState>,
    caller: Caller,
    attachment_id: Result<Path<String>, PathRejection>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    // What cannot be an id names nothing.
    let id = attachment_id.ok().and_then(|Path(id)| plain_id(&id));
    let requester = caller.requester;
    let file = app.store().read(move |tx| download_attachment(tx, &requester, id)).await?;
    answer(&app, requester.workspace, &file, &method, &headers).await
}

/// The bytes of `file`, or what of them `headers` ask for.
///
/// # Errors
/// 416 for a range that it does not have; 503 when the bytes cannot be had now.
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

/// The id that decimal digits say, as they stand in an address.
fn plain_id(given: &str) -> Option<AttachmentId> {
    if !given.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    given.parse().ok().map(AttachmentId)
}

fn set_headers(response: &mut Response, file: &StoredFile, etag: &str) -> Result<(), Error> {
    let value = |text: &str| HeaderValue::try_from(text).map_err(Error::internal);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, value(&file.content_type)?);
    headers.insert(header::ETAG, value(etag)?);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_DISPOSITION, value(&disposition(&file.name))?);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox");
    headers.insert(header::CONTENT_SECURITY_POLICY, nothing);
    // Whose it is may change; whoever keeps it must ask again.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(())
}

/// `Content-Disposition` with the name twice: in ASCII for old clients, and exactly (RFC 6266, appendix D).
fn disposition(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | '%') { c } else { '_' }).collect();
    if plain == name {
        return format!("attachment; filename=\"{plain}\"");
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(name, ATTR_CHAR))
}

/// Whether `If-None-Match` names these bytes (RFC 9110, 13.1.2).
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == etag)
    })
}

/// What of the bytes is asked for.
enum Requested {
    Whole,
    Part(Range<u64>),
    /// A range that begins behind the end.
    Nothing,
}

/// Reads `Range` (RFC 9110, 14.2). A header that is malformed, of several ranges, or for other bytes than these
/// (`If-Range`) is ignored, as it may be.
fn requested_range(method: &Method, headers: &HeaderMap, etag: &str, size: u64) -> Requested {
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
