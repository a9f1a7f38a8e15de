//! What went wrong, as the staff's API says it: `application/problem+json` (RFC 9457).

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Error;
use crate::http::ApiError;
use crate::http::access_log::current_request_id;
use crate::http::error::DETAIL;
use crate::http::problems::Place;

/// A failure of the staff's API.
#[derive(Debug)]
pub struct DeskError(ApiError);

impl From<Error> for DeskError {
    fn from(error: Error) -> Self {
        Self(ApiError::at(Place::Desk, error))
    }
}

impl From<ApiError> for DeskError {
    fn from(error: ApiError) -> Self {
        Self(error)
    }
}

impl IntoResponse for DeskError {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

/// A problem document (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// Which kind of problem it is: the same for all of one kind
    #[serde(rename = "type")]
    #[schema(example = "urn:ferrodesk:problem:validation-error")]
    kind: String,
    #[schema(example = "Validation Error")]
    title: String,
    #[schema(example = 400)]
    status: u16,
    /// What is wrong, in a sentence
    detail: String,
    /// The fields that do not hold what they must
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// What the log calls this request
    request_id: String,
}

/// A field that does not hold what it must.
#[derive(Serialize, ToSchema)]
struct FieldProblem {
    /// The field's name, with dots into what is nested
    #[schema(example = "assignee")]
    field: String,
    detail: String,
}

impl ProblemDocument {
    /// The document that says what `error` is, in the answer to the request that the log calls `request_id`.
    pub fn of(error: &ApiError, request_id: String) -> Self {
        let kind = error.error_type.to_ascii_lowercase().replace(' ', "-");
        let (general, fields): (Vec<_>, Vec<_>) = error.errors.iter().partition(|(field, _)| field == DETAIL);
        let errors: Vec<FieldProblem> = fields
            .into_iter()
            .flat_map(|(field, details)| details.iter().map(move |detail| (field, detail)))
            .map(|(field, detail)| FieldProblem { field: field.clone().into_owned(), detail: detail.clone() })
            .collect();
        let detail = match (general.first().and_then(|(_, details)| details.first()), &errors[..]) {
            (Some(detail), _) => detail.clone(),
            (None, [one]) => format!("{}: {}", one.field, one.detail),
            (None, several) => format!("{} fields do not hold what they must.", several.len()),
        };
        Self {
            kind: format!("urn:ferrodesk:problem:{kind}"),
            title: error.error_type.to_owned(),
            status: error.status.as_u16(),
            detail,
            errors,
            request_id,
        }
    }
}

/// Writes failures of this part of the API as problem documents, whoever found them: a handler, an extractor, the router.
pub async fn as_problem(mut response: Response) -> Response {
    let error = match response.extensions_mut().remove::<ApiError>() {
        Some(error) => error,
        None if is_bare_failure(&response) => ApiError::bare(response.status()),
        None => return response,
    };
    let document = serde_json::to_vec(&ProblemDocument::of(&error, current_request_id()))
        .expect("text and numbers can be written as JSON");
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, document.into())
}

fn is_bare_failure(response: &Response) -> bool {
    let status: StatusCode = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    (status.is_client_error() || status.is_server_error())
        && kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}
