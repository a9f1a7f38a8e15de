//! Effects that come to pass once, however often their request comes: the shell around `app::idempotency`, for outcomes
//! that can be written as JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::AppState;
use crate::app::idempotency::{self, Repeatable};
use crate::domain::{Error, Timestamp};
use crate::storage::Tx;

/// Lets `effect` come to pass, once for all repeats of `request`, and gives its outcome when it is durable.
///
/// # Errors
/// What `effect` gives, and what [`idempotency::once`] does.
pub async fn once<T: Serialize + DeserializeOwned>(
    app: &AppState,
    request: Option<Repeatable>,
    at: Timestamp,
    effect: impl Fn(&mut dyn Tx) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let encoded = move |tx: &mut dyn Tx| encode(&effect(tx)?);
    let kept = app.store().write(move |tx| idempotency::once(tx, request.as_ref(), at, &encoded)).await?;
    decode(&kept)
}

/// As [`once`], for an outcome that holds a secret: what is kept of it is encrypted.
///
/// # Errors
/// As [`once`].
pub async fn once_in_secret<T: Serialize + DeserializeOwned>(
    app: &AppState,
    request: Option<Repeatable>,
    at: Timestamp,
    effect: impl Fn(&mut dyn Tx) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let secret = app.secret().clone();
    let sealed = move |tx: &mut dyn Tx| Ok(secret.seal(&encode(&effect(tx)?)?));
    let kept = app.store().write(move |tx| idempotency::once(tx, request.as_ref(), at, &sealed)).await?;
    let opened = app.secret().open(&kept);
    decode(&opened.ok_or_else(|| Error::internal("what was kept was sealed with another secret"))?)
}

/// Looks, before anything is stored for `request`, whether it was answered before; if not, lets `check` see whether its
/// effect could come to pass.
///
/// # Errors
/// What `check` gives.
pub async fn is_kept_or_checked(
    app: &AppState,
    request: Option<&Repeatable>,
    at: Timestamp,
    check: impl Fn(&mut dyn Tx) -> Result<(), Error> + Send + 'static,
) -> Result<bool, Error> {
    let wanted = request.cloned();
    app.store().read(move |tx| idempotency::is_kept_or_checked(tx, wanted.as_ref(), at, &check)).await
}

fn encode(outcome: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(outcome).map_err(Error::internal)
}

fn decode<T: DeserializeOwned>(kept: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(kept).map_err(Error::internal)
}
