//! What went wrong, as a page of its own: what it is, and the way out.

use std::any::Any;

use askama::Template;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

use super::filters;
use super::look::Look;
use super::page;
use super::place::{HOME, home, word};
use super::texts::{text, text_with};
use crate::app::browser_session::Door;
use crate::domain::{Conflict, Error, TicketId};
use crate::http::ApiError;

/// A page that says what went wrong. Where answers leave, it is written in the browser's own look.
#[derive(Clone, Debug)]
pub struct PageError {
    status: StatusCode,
    /// What its texts are called.
    kind: &'static str,
    way_out: WayOut,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Where to go on.
#[derive(Clone, Copy, Debug)]
enum WayOut {
    Home,
    SignIn,
    /// To the ticket that another was merged into.
    Merged(TicketId),
}

impl WayOut {
    /// Its address, and what the link is called.
    fn link(self, door: Door) -> (String, String) {
        match self {
            Self::Home => (home(door).to_owned(), text(&format!("error-way-home-{}", word(door)))),
            Self::SignIn => (format!("{}/sign-in", home(door)), text("sign-in")),
            Self::Merged(into) => (format!("{HOME}/tickets/{into}"), text_with("error-way-merged", "what", into)),
        }
    }
}

impl PageError {
    fn new(status: StatusCode, kind: &'static str) -> Self {
        Self { status, kind, way_out: WayOut::Home, headers: Vec::new() }
    }

    /// There is no such page, or not for who asks.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found")
    }

    /// Another site's page sent what only our own may.
    pub fn cross_site() -> Self {
        Self::new(StatusCode::FORBIDDEN, "cross-site")
    }

    /// Something was sent by somebody whose session has ended.
    pub fn signed_out() -> Self {
        Self { way_out: WayOut::SignIn, ..Self::new(StatusCode::UNAUTHORIZED, "signed-out") }
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
            return Self { way_out: WayOut::Merged(*into), ..Self::new(StatusCode::CONFLICT, "merged") };
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
#[template(path = "pages/error.html")]
struct ErrorPage {
    look: Look,
    title: String,
    message: String,
    way_out: (String, String),
    request_id: String,
}

/// Writes the pages for what went wrong, for what was wrong with a body, and for what the router itself refuses with a bare
/// text.
pub async fn in_pages(State(door): State<Door>, request: Request, next: Next) -> Response {
    let look = Look::of(request.headers());
    let mut response = next.run(request).await;
    let Some(error) = error_of(&mut response) else { return response };
    let page = ErrorPage {
        look,
        title: text(&format!("error-{}", error.kind)),
        message: text(&format!("error-{}-message", error.kind)),
        way_out: error.way_out.link(door),
        request_id: crate::http::access_log::current_request_id(),
    };
    let mut written = page::html(error.status, &page);
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

/// What went wrong, unless the answer says it as a page already.
fn error_of(response: &mut Response) -> Option<PageError> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    if let Some(error) = response.extensions_mut().remove::<PageError>() {
        return Some(error);
    }
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        return Some(error.into());
    }
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain")).then(|| PageError::of_status(status))
}

/// The answer when a handler panicked. The panic's message goes to the log, where the hook has put it already.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    PageError::from(Error::internal("a handler panicked")).into_response()
}

/// The answer to a path that is none of ours.
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
