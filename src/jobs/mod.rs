//! What is done beside the requests.

pub mod blob_owner;
pub mod index_texts;
pub mod seal;
pub mod sweep;

use std::time::Duration;

use crate::app::index_texts::Indexed;
use crate::app::recurring;
use crate::domain::Error;
use crate::http::AppState;

/// How often the sweeper goes round, over all servers.
const SWEEP_EVERY: Duration = Duration::from_mins(10);

/// How often texts are looked for that cannot be found, over all servers.
const INDEX_EVERY: Duration = Duration::from_mins(10);

/// How often a server looks whether a job is due.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// How often the logs are sealed, over all servers: what was written since can still be changed unnoticed.
const SEAL_EVERY: Duration = Duration::from_secs(1);

/// Runs the jobs until it is dropped.
pub async fn run(app: AppState) {
    tokio::join!(run_rare_ones(&app), run_sealer(&app));
}

async fn run_sealer(app: &AppState) {
    let mut has_failed = false;
    loop {
        tokio::time::sleep(SEAL_EVERY).await;
        let sealed = seal_if_due(app).await;
        match &sealed {
            Err(error) if !has_failed => tracing::warn!(?error, "the logs cannot be sealed; it is tried again"),
            _ => {}
        }
        has_failed = sealed.is_err();
    }
}

async fn seal_if_due(app: &AppState) -> Result<(), Error> {
    // Looked at first: where nothing happens, nothing is to be written.
    if seal::is_due(app.store()).await? {
        let at = app.clock().now();
        if app.store().write(move |tx| recurring::claim(tx, "seal", SEAL_EVERY, at)).await? {
            seal::seal(app.store()).await?;
        }
    }
    Ok(())
}

async fn run_rare_ones(app: &AppState) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        match sweep_if_due(app).await {
            Ok(Some(swept)) if swept.blobs_are_not_ours => tracing::warn!(?swept, "{}", blob_owner::NOT_OURS),
            Ok(Some(swept)) => tracing::info!(?swept, "swept"),
            Ok(None) => {}
            Err(error) => tracing::warn!(?error, "a sweep was cut short; the next one goes on"),
        }
        match index_if_due(app).await {
            Ok(Some(indexed)) if indexed.indexed > 0 => tracing::info!(?indexed, "made texts findable"),
            Ok(_) => {}
            Err(error) => tracing::warn!(?error, "texts cannot be found yet; the next round goes on"),
        }
        app.forget_idle_callers();
    }
}

async fn index_if_due(app: &AppState) -> Result<Option<Indexed>, Error> {
    let at = app.clock().now();
    if !app.store().write(move |tx| recurring::claim(tx, "index texts", INDEX_EVERY, at)).await? {
        return Ok(None);
    }
    index_texts::index_texts(app.store(), &|_| {}).await.map(Some)
}

async fn sweep_if_due(app: &AppState) -> Result<Option<sweep::Swept>, Error> {
    let at = app.clock().now();
    if !app.store().write(move |tx| recurring::claim(tx, "sweep", SWEEP_EVERY, at)).await? {
        return Ok(None);
    }
    sweep::sweep(app.store(), app.blobs(), at).await.map(Some)
}
