//! Endpoint 10: sign in.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use super::LOG_IN;
use crate::domain::{Error, Invalid};
use crate::http::extract::{Client, ClientAddress, Form, IdempotencyKey};
use crate::http::{ApiError, AppState, envelope};

/// Sign in
///
/// Answers with an access token, good for 15 minutes, and a refresh token, good for one use within 14 days.
#[utoipa::path(post, path = "/user/login/", tag = "Sign-in", security(("apikey" = [])),
    params(crate::http::docs::IdempotencyKeyHeader),
    request_body(content((crate::http::docs::LoginForm = "application/json"),
        (crate::http::docs::LoginForm = "application/x-www-form-urlencoded"),
        (crate::http::docs::LoginForm = "multipart/form-data"))),
    responses((status = 200, description = "The tokens", body = crate::http::docs::TokenPair)))]
pub async fn log_in(
    State(app): State<AppState>,
    Client(application): Client,
    address: ClientAddress,
    key: IdempotencyKey,
    form: Form,
) -> Result<Response, ApiError> {
    let mut invalid = Invalid::default();
    let username = invalid.take("username", form.text("username"));
    let password = invalid.take("password", form.text("password"));
    let (Some(username), Some(password)) = (username, password) else {
        return Err(Error::Invalid(invalid).into());
    };
    let attempt = app.login_failures().begin(application.workspace, &username, address.0, app.clock()).await?;
    let request = key.of_application(application, &app, LOG_IN.paths[0], &form);
    let outcome = app.sign_in().log_in(application, username, password, request).await;
    attempt.ended(&outcome).await;
    Ok(envelope::json(StatusCode::OK, outcome?))
}
