//! What is done beside the requests.

pub mod sweep;

use std::time::Duration;

use crate::http::AppState;

/// How often the sweeper goes round.
const SWEEP_EVERY: Duration = Duration::from_mins(10);

/// Runs the jobs until it is dropped.
pub async fn run(app: AppState) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        match sweep::sweep(app.store(), app.blobs(), app.clock().now()).await {
            Ok(swept) => tracing::info!(?swept, "swept"),
            Err(error) => tracing::warn!(?error, "a sweep was cut short; the next one goes on"),
        }
        app.forget_idle_callers();
    }
}
