//! From what went wrong to what the client is told.

use std::any::Any;
use std::borrow::Cow;
use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use super::access_log::current_request_id;
use super::envelope;
use super::problems::{Place, words};
use crate::domain::{AuthFailure, Conflict, Error, Invalid};

/// The field of what belongs to no field.
pub(super) const DETAIL: &str = "detail";

/// A failure on its way into the envelope, or into a problem document for the staff.
#[derive(Clone, Debug)]
pub struct ApiError {
    pub(super) status: StatusCode,
    pub(super) error_type: &'static str,
    pub(super) errors: Vec<(Cow<'static, str>, Vec<String>)>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ApiError {
    fn detail(status: StatusCode, error_type: &'static str, message: impl Into<String>) -> Self {
        Self { status, error_type, errors: vec![(DETAIL.into(), vec![message.into()])], headers: Vec::new() }
    }

    /// A body that cannot be read as what it says it is.
    pub fn parse(message: impl Into<String>) -> Self {
        Self::detail(StatusCode::BAD_REQUEST, "Parse Error", message)
    }

    /// A body whose rest did not come in time. The connection is closed, because where the next request would begin
    /// is not known.
    pub fn body_timeout() -> Self {
        Self::detail(StatusCode::REQUEST_TIMEOUT, "Parse Error", "The request body did not arrive in time.")
            .with(header::CONNECTION, HeaderValue::from_static("close"))
    }

    /// A whole body that is no set of fields.
    pub fn invalid_body(message: impl Into<String>) -> Self {
        Self::detail(StatusCode::BAD_REQUEST, "Validation Error", message)
    }

    /// A body of a kind that is not read here.
    #[must_use]
    pub fn unsupported_media_type(given: &str) -> Self {
        let message = format!("Unsupported media type \"{given}\" in request.");
        Self::detail(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type", message)
    }

    /// A method that is not answered here. The router adds `Allow`.
    #[must_use]
    pub fn method_not_allowed(method: &Method) -> Self {
        let message = format!("Method \"{method}\" not allowed.");
        Self::detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed", message)
    }

    /// A failure of which only the status is known.
    #[must_use]
    pub fn bare(status: StatusCode) -> Self {
        Self::detail(status, "Invalid Input", status.canonical_reason().unwrap_or("Request failed"))
    }

    /// A byte range that the file does not have (RFC 9110, 15.5.17).
    pub fn range_not_satisfiable(size: u64) -> Self {
        let range = HeaderValue::try_from(format!("bytes */{size}")).expect("digits are a header's value");
        Self::detail(StatusCode::RANGE_NOT_SATISFIABLE, "Invalid Input", "The file has no such range.")
            .with(header::CONTENT_RANGE, range)
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// `error` as `place` prints it.
    pub fn at(place: Place, error: Error) -> Self {
        match error {
            Error::Invalid(invalid) => Self::invalid("Validation Error", &invalid, place),
            Error::InvalidTicket(invalid) => Self::invalid("Invalid Input", &invalid, place),
            Error::Unauthenticated(failure) => Self::unauthenticated(failure),
            Error::NotFound => Self::detail(StatusCode::NOT_FOUND, "Not Found", "Not found."),
            Error::Forbidden => Self::detail(
                StatusCode::FORBIDDEN,
                "Permission Denied",
                "You do not have permission to perform this action.",
            ),
            Error::ChangedSince => Self::detail(
                StatusCode::PRECONDITION_FAILED,
                "Precondition Failed",
                "This was changed since you read it.",
            ),
            Error::LimitReached if place == Place::Desk => Self::detail(
                StatusCode::CONFLICT,
                "Conflict",
                "The requester has as many open tickets as the workspace allows.",
            ),
            Error::LimitReached => {
                Self::detail(StatusCode::UNAUTHORIZED, "Request Failed", "Currenly Open Ticket Limit Exceed.")
            }
            Error::TooLarge => {
                Self::detail(StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large", "The request body is too large.")
            }
            Error::Conflict(conflict) => Self::conflict(conflict),
            Error::Misuse(problem) => Self::invalid_body(problem),
            Error::Throttled { retry_after } => Self::throttled(retry_after),
            Error::Busy { retry_after } => Self::detail(
                StatusCode::SERVICE_UNAVAILABLE,
                "Service Unavailable",
                "The server is busy. Try again in a moment.",
            )
            .with(header::RETRY_AFTER, seconds(retry_after).into()),
            Error::Internal { source } => {
                let request_id = current_request_id();
                tracing::error!(request_id, error = %chain(&*source), "a request failed inside");
                Self::detail(StatusCode::INTERNAL_SERVER_ERROR, "Server Error", "A server error occurred.")
            }
        }
    }

    fn invalid(error_type: &'static str, invalid: &Invalid, place: Place) -> Self {
        let errors = invalid
            .iter()
            .map(|(field, problems)| (field.into(), problems.iter().map(|p| words(field, p, place)).collect()))
            .collect();
        Self { status: StatusCode::BAD_REQUEST, error_type, errors, headers: Vec::new() }
    }

    /// A field that does not hold what it must, as the sentence says.
    pub fn field(name: impl Into<Cow<'static, str>>, sentence: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error_type: "Validation Error",
            errors: vec![(name.into(), vec![sentence.into()])],
            headers: Vec::new(),
        }
    }

    /// The same problems, as those of what `field` holds.
    #[must_use]
    pub fn under(mut self, field: &str) -> Self {
        for (name, _) in &mut self.errors {
            *name = if name == DETAIL { field.to_owned() } else { format!("{field}.{name}") }.into();
        }
        self
    }

    fn unauthenticated(failure: AuthFailure) -> Self {
        let (error_type, message) = match failure {
            AuthFailure::Missing => ("Authentication Failed", "Authentication credentials were not provided."),
            AuthFailure::WrongApikey => ("Authentication Failed", "Incorrect authentication credentials."),
            AuthFailure::MalformedHeader => {
                ("Authentication Failed", "Authorization header must contain two space-delimited values")
            }
            AuthFailure::InvalidToken => ("Authentication Failed", "Given token not valid for any token type"),
            AuthFailure::WrongCredentials => {
                ("Authentication Failed", "The supplied authentication credentials are invalid.")
            }
            AuthFailure::InactiveAccount => ("Inactive Account", "No active account found with the given credentials"),
        };
        let challenge = match failure {
            AuthFailure::InvalidToken => r#"Bearer realm="api", error="invalid_token""#,
            _ => r#"Bearer realm="api""#,
        };
        Self::detail(StatusCode::UNAUTHORIZED, error_type, message)
            .with(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    fn conflict(conflict: Conflict) -> Self {
        let (status, message) = match conflict {
            Conflict::KeyReused => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "This Idempotency-Key was used with another request. Use a new key for a new request.".to_owned(),
            ),
            Conflict::KeyInFlight => (
                StatusCode::CONFLICT,
                "The first request with this Idempotency-Key has not been answered yet. Try again in a moment."
                    .to_owned(),
            ),
            Conflict::Merged(into) => (StatusCode::CONFLICT, format!("This ticket was merged into ticket {into}.")),
            Conflict::Taken(problem) => (StatusCode::CONFLICT, sentence(&problem)),
            Conflict::LastAdmin => {
                (StatusCode::CONFLICT, "This is the last active admin: nobody else could run the workspace.".to_owned())
            }
            Conflict::Full(most) => (StatusCode::CONFLICT, format!("There are {most} already, which is the most.")),
        };
        Self::detail(status, "Conflict", message)
    }

    fn throttled(retry_after: Duration) -> Self {
        let wait = seconds(retry_after);
        let unit = if wait == 1 { "second" } else { "seconds" };
        let message = format!("Request was throttled. Expected available in {wait} {unit}.");
        Self::detail(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests", message).with(header::RETRY_AFTER, wait.into())
    }
}

/// Whole seconds, rounded up, one at least.
fn seconds(span: Duration) -> u64 {
    (span.as_secs() + u64::from(span.subsec_nanos() > 0)).max(1)
}

/// A problem as a sentence of its own.
pub(super) fn sentence(problem: &str) -> String {
    let mut letters = problem.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    format!("{}{}.", first.collect::<String>(), letters.as_str())
}

/// An error and all that caused it.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::at(Place::Elsewhere, error)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = envelope::failure(self.status, self.error_type, &self.errors);
        let mut response = envelope::json(self.status, body);
        for (name, value) in &self.headers {
            response.headers_mut().append(name, value.clone());
        }
        // Whoever answers the staff writes it anew, as a problem document.
        response.extensions_mut().insert(self);
        response
    }
}

/// The answer to a path that is none of ours.
pub async fn not_found() -> ApiError {
    Error::NotFound.into()
}

/// The answer when a handler panicked. The panic's message goes to the log, where the hook has put it already.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response<Body> {
    ApiError::from(Error::internal("a handler panicked")).into_response()
}

/// Puts what the router itself refuses, with a bare text, into the envelope.
pub async fn in_envelope(response: Response) -> Response {
    let status = response.status();
    let is_bare = (status.is_client_error() || status.is_server_error())
        && response.headers().get(header::CONTENT_TYPE).is_none_or(|t| t.as_bytes().starts_with(b"text/plain"));
    if !is_bare {
        return response;
    }
    let mut enveloped = ApiError::bare(status).into_response();
    for (name, value) in response.headers() {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            enveloped.headers_mut().append(name, value.clone());
        }
    }
    enveloped
}
