//! What went wrong, as a page of its own: what it is, and the way out.

use std::any::Any;

use askama::Template;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

use super::filters;
use super::look::Look;
use super::page;
use super::place::HOME;
use super::texts::{text, text_with};
use crate::domain::{Conflict, Error};
use crate::http::ApiError;

/// A page that says what went wrong. Where the console's answers leave, it is written in the browser's own look.
#[derive(Clone, Debug)]
pub struct PageError {
    status: StatusCode,
    /// What its texts are called.
    kind: &'static str,
    message: String,
    /// Where to go on, and what the link is called.
    way_out: (String, String),
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl PageError {
    fn new(status: StatusCode, kind: &'static str) -> Self {
        let message = text(&format!("error-{kind}-message"));
        let way_out = (HOME.to_owned(), text("error-way-home"));
        Self { status, kind, message, way_out, headers: Vec::new() }
    }

    /// There is no such page, or not for this member of staff.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found")
    }

    /// Another site's page sent what only our own may.
    pub fn cross_site() -> Self {
        Self::new(StatusCode::FORBIDDEN, "cross-site")
    }

    /// Something was sent by a member of staff whose session has ended.
    pub fn signed_out() -> Self {
        let way_out = ("/desk/sign-in".to_owned(), text("sign-in"));
        Self { way_out, ..Self::new(StatusCode::UNAUTHORIZED, "signed-out") }
    }

    /// The page for a bare status.
    fn of_status(status: StatusCode) -> Self {
        let kind = match status {
            StatusCode::NOT_FOUND => "not-found",
            StatusCode::FORBIDDEN => "forbidden",
            StatusCode::METHOD_NOT_ALLOWED => "method",
            StatusCode::PAYLOAD_TOO_LARGE => "too-large",
            StatusCode::PRECONDITION_FAILED => "changed",
            StatusCode::CONFLICT => "conflict",
            StatusCode::TOO_MANY_REQUESTS => "throttled",
            StatusCode::SERVICE_UNAVAILABLE => "busy",
            status if status.is_client_error() => "bad-request",
            _ => "internal",
        };
        Self::new(status, kind)
    }
}

impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        let answer = error.into_response();
        let mut page = Self::of_status(answer.status());
        for name in [header::RETRY_AFTER, header::CONNECTION, header::CONTENT_RANGE] {
            if let Some(value) = answer.headers().get(&name) {
                page.headers.push((name, value.clone()));
            }
        }
        page
    }
}

impl From<Error> for PageError {
    fn from(error: Error) -> Self {
        if let Error::Conflict(Conflict::Merged(into)) = &error {
            let way_out = (format!("{HOME}/tickets/{into}"), text_with("error-way-merged", "what", into));
            return Self { way_out, ..Self::new(StatusCode::CONFLICT, "merged") };
        }
        ApiError::from(error).into()
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The page.
#[derive(Template)]
#[template(path = "console/error.html")]
struct ErrorPage<'a> {
    look: Look,
    title: String,
    error: &'a PageError,
    request_id: String,
}

/// Writes the pages for what went wrong, and for what the router itself refuses with a bare text.
pub async fn in_pages(request: Request, next: Next) -> Response {
    let look = Look::of(request.headers());
    let mut response = next.run(request).await;
    let status = response.status();
    let is_bare = (status.is_client_error() || status.is_server_error())
        && response.headers().get(header::CONTENT_TYPE).is_none_or(|t| t.as_bytes().starts_with(b"text/plain"));
    if !is_bare {
        return response;
    }
    let error = response.extensions_mut().remove::<PageError>().unwrap_or_else(|| PageError::of_status(status));
    let title = text(&format!("error-{}", error.kind));
    let request_id = crate::http::access_log::current_request_id();
    let mut written = page::html(error.status, &ErrorPage { look, title, error: &error, request_id });
    for (name, value) in response.headers() {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            written.headers_mut().append(name, value.clone());
        }
    }
    for (name, value) in &error.headers {
        written.headers_mut().insert(name, value.clone());
    }
    written
}

/// The answer when a handler panicked. The panic's message goes to the log, where the hook has put it already.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    PageError::from(Error::internal("a handler panicked")).into_response()
}

/// The answer to a path that is none of the console's.
pub async fn not_found() -> PageError {
    PageError::not_found()
}

/// What an answer that could not be written says.
pub fn unwritable(error: &askama::Error) -> Response {
    tracing::error!(%error, "a page could not be written");
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}
