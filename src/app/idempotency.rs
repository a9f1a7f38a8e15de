//! Retries never duplicate: the first answer to an `Idempotency-Key` is kept and given again
//! (contract, "Beyond the reference, on every write").

use std::time::Duration;

use crate::domain::{Conflict, Error, Timestamp, WorkspaceId};
use crate::storage::queries::idempotency::{self, Scope};
use crate::storage::{StorageError, Tx};

/// How long a first answer is kept.
pub const KEPT_FOR: Duration = Duration::from_hours(24);

/// The longest key, in characters.
pub const KEY_MAX_CHARS: usize = 255;

/// A request that may come again.
#[derive(Clone, Debug)]
pub struct Repeatable {
    pub workspace: WorkspaceId,
    /// The user, or the application where there is no user yet.
    pub principal: String,
    pub key: String,
    /// What tells this request's body and address from another's.
    pub fingerprint: [u8; 32],
}

impl Repeatable {
    fn scope(&self) -> Scope<'_> {
        Scope { workspace: self.workspace, principal: &self.principal, key: &self.key }
    }
}

/// The answer that is kept for `request`, if any. To be given only when the transaction, which writes, has committed.
///
/// # Errors
/// [`Conflict::KeyReused`] when the key was used with another body.
pub fn kept(tx: &mut dyn Tx, request: &Repeatable, at: Timestamp) -> Result<Option<Vec<u8>>, Error> {
    match idempotency::find(tx, request.scope(), at.minus(KEPT_FOR))? {
        None => Ok(None),
        Some(kept) if kept.fingerprint != request.fingerprint => Err(Error::Conflict(Conflict::KeyReused)),
        Some(kept) => Ok(Some(kept.answer)),
    }
}

/// Whether something is kept for `request`, so that it is worth asking for what is [`kept`].
///
/// # Errors
/// When the database fails.
pub fn is_kept(tx: &mut dyn Tx, request: &Repeatable, at: Timestamp) -> Result<bool, Error> {
    Ok(idempotency::is_kept(tx, request.scope(), at.minus(KEPT_FOR))?)
}

/// Whether something is kept for `request`; if nothing is, sees by `check` whether the effect could come to pass. For
/// handlers that have work to do before they come to [`once`], which still decides.
///
/// # Errors
/// What `check` gives.
pub fn is_kept_or_checked(
    tx: &mut dyn Tx,
    request: Option<&Repeatable>,
    at: Timestamp,
    check: impl FnOnce(&mut dyn Tx) -> Result<(), Error>,
) -> Result<bool, Error> {
    if let Some(request) = request
        && is_kept(tx, request, at)?
    {
        return Ok(true);
    }
    check(tx).map(|()| false)
}

/// Gives the answer that is kept for `request`; or lets `effect` come to pass and keeps its answer, in the one
/// transaction. What fails has no effect and is not kept: the same key may be tried again. Without a `request`, `effect`
/// just comes to pass.
///
/// A repeat that arrives while the first is under way waits for it, and gets its answer.
///
/// # Errors
/// What `effect` gives; [`Conflict::KeyInFlight`] when the first is under way for longer than the database lets wait;
/// [`Conflict::KeyReused`] when the key was used with another body.
pub fn once(
    tx: &mut dyn Tx,
    request: Option<&Repeatable>,
    at: Timestamp,
    effect: impl FnOnce(&mut dyn Tx) -> Result<Vec<u8>, Error>,
) -> Result<Vec<u8>, Error> {
    let Some(request) = request else { return effect(tx) };
    let scope = request.scope();
    match idempotency::claim(tx, scope, &request.fingerprint, at.minus(KEPT_FOR), at) {
        Ok(true) => {}
        Ok(false) => return kept(tx, request, at)?.ok_or(Error::Conflict(Conflict::KeyInFlight)),
        Err(StorageError::Locked) => return Err(Error::Conflict(Conflict::KeyInFlight)),
        Err(error) => return Err(error.into()),
    }
    let answer = effect(tx)?;
    idempotency::keep(tx, scope, &answer)?;
    Ok(answer)
}
