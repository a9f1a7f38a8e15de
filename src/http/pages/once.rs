//! Forms whose effect comes to pass once, though they are sent twice: a page writes a random key into a hidden field of its
//! form (`key`), and what is sent with the same key again has the outcome of the first time.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::app::idempotency::Repeatable;
use crate::domain::attachment::StoredFile;
use crate::domain::entropy::random_bytes;
use crate::domain::user::Requester;
use crate::domain::{Error, Timestamp};
use crate::http::AppState;
use crate::http::customer::uploads;
use crate::http::extract::{Form, IdempotencyKey, UploadedFile};
use crate::http::once;
use crate::storage::Tx;

/// The field's name.
const FIELD: &str = "key";

/// A key for a form that is shown for the first time.
pub fn new_key(app: &AppState) -> String {
    hex::encode(random_bytes::<16>(&*app.sign_in().entropy))
}

/// The key for a form that is shown again, because it was refused: what was refused had no effect, so it keeps its key.
pub fn key_again(app: &AppState, form: &Form) -> String {
    form.parameter(FIELD).unwrap_or_else(|| new_key(app))
}

/// The request that `requester` makes by sending `form` to `route`; `None` if it has no key.
fn request(app: &AppState, requester: &Requester, route: &str, form: &Form) -> Option<Repeatable> {
    IdempotencyKey::of_form(form, FIELD).of_requester(requester, form.fingerprint(app.secret(), route))
}

/// Lets `effect` come to pass, once for all times that `form` is sent to `route`, and gives its outcome.
///
/// # Errors
/// What `effect` gives; [`Conflict::KeyReused`](crate::domain::Conflict) when the form was sent before with something else
/// in it.
pub async fn once<T: Serialize + DeserializeOwned>(
    app: &AppState,
    requester: &Requester,
    route: &str,
    form: &Form,
    at: Timestamp,
    effect: impl Fn(&mut dyn Tx) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    once::once(app, request(app, requester, route, form), at, effect).await
}

/// As [`once()`], with `files`, which are stored before `effect` is called with them. What `check` refuses is refused before.
///
/// # Errors
/// As [`once()`]; what `check` gives.
#[expect(clippy::too_many_arguments, reason = "the request, its files, and what is to be done with them")]
pub async fn once_with_files<T: Serialize + DeserializeOwned>(
    app: &AppState,
    requester: &Requester,
    route: &str,
    form: &Form,
    files: &[&UploadedFile],
    at: Timestamp,
    check: impl Fn(&mut dyn Tx) -> Result<(), Error> + Send + 'static,
    effect: impl Fn(&mut dyn Tx, &[StoredFile]) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let request = request(app, requester, route, form);
    if !files.is_empty() {
        once::is_kept_or_checked(app, request.as_ref(), at, check).await?;
    }
    let stored = uploads::store(app, requester.workspace, files).await?;
    once::once(app, request, at, move |tx| effect(tx, &stored)).await
}

/// As [`once()`], for an outcome that holds a secret.
///
/// # Errors
/// As [`once()`].
pub async fn once_in_secret<T: Serialize + DeserializeOwned>(
    app: &AppState,
    requester: &Requester,
    route: &str,
    form: &Form,
    at: Timestamp,
    effect: impl Fn(&mut dyn Tx) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    once::once_in_secret(app, request(app, requester, route, form), at, effect).await
}
