//! For load balancers and Prometheus.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode, header};
use secrecy::ExposeSecret as _;
use subtle::ConstantTimeEq as _;

use super::time_limits::READY_WITHIN;
use super::{ApiError, AppState, envelope};
use crate::domain::{AuthFailure, Error};

pub fn routes() -> Router<AppState> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready)).route("/metrics", get(metrics))
}

/// The process runs.
async fn alive() -> Response {
    envelope::json(StatusCode::OK, r#"{"status":"ok"}"#)
}

/// The database can be read and written.
async fn ready(State(app): State<AppState>) -> Response {
    match tokio::time::timeout(READY_WITHIN, app.store().ready()).await {
        Ok(Ok(())) => envelope::json(StatusCode::OK, r#"{"status":"ready"}"#),
        _ => envelope::json(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"the database does not answer"}"#),
    }
}

/// The figures, to anybody or to who has the token, as the settings say.
async fn metrics(State(app): State<AppState>, headers: HeaderMap) -> Result<Response, ApiError> {
    if let Some(token) = &app.config().metrics_token {
        let expected = format!("Bearer {}", token.expose_secret());
        let given = headers.get(header::AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
        if !bool::from(expected.as_bytes().ct_eq(given)) {
            return Err(Error::Unauthenticated(AuthFailure::InvalidToken).into());
        }
    }
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, content_type)], app.metrics().render(app.store())).into_response())
}
