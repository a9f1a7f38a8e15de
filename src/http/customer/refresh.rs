//! Endpoint 11: go on.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use super::REFRESH;
use crate::domain::{Error, Invalid};
use crate::http::extract::{Client, Form, IdempotencyKey};
use crate::http::{ApiError, AppState, envelope};

/// Go on being signed in
///
/// Uses the refresh token up and answers with the next one. A token that comes twice ends the session.
#[utoipa::path(post, path = "/user/token/refresh/", tag = "Sign-in", security(("apikey" = [])),
    params(crate::http::docs::IdempotencyKeyHeader),
    request_body(content((crate::http::docs::RefreshForm = "application/json"),
        (crate::http::docs::RefreshForm = "application/x-www-form-urlencoded"),
        (crate::http::docs::RefreshForm = "multipart/form-data"))),
    responses((status = 200, description = "The tokens", body = crate::http::docs::TokenPair)))]
pub async fn refresh(
    State(app): State<AppState>,
    Client(application): Client,
    key: IdempotencyKey,
    form: Form,
) -> Result<Response, ApiError> {
    let mut invalid = Invalid::default();
    let Some(presented) = invalid.take("refresh", form.text("refresh")) else {
        return Err(Error::Invalid(invalid).into());
    };
    let request = key.of_application(application, &app, REFRESH.paths[0], &form);
    let body = app.sign_in().refresh(application, &presented, request).await?;
    Ok(envelope::json(StatusCode::OK, body))
}
