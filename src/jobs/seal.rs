//! Seals the logs, so that what was written cannot be changed unnoticed.

use crate::app::log_chain::{Log, has_unsealed, keep, next_seals, settled};
use crate::domain::Error;
use crate::storage::Store;

/// Whether there is anything to seal.
///
/// # Errors
/// When the database fails.
pub async fn is_due(store: &Store) -> Result<bool, Error> {
    store.read(|tx| Ok(has_unsealed(tx, Log::Event)? || has_unsealed(tx, Log::Audit)?)).await
}

/// Seals all that is settled; gives how many seals that took. Requests come between the steps, of which each reads a page
/// and writes what it comes to.
///
/// # Errors
/// When the database fails; the next time goes on.
pub async fn seal(store: &Store) -> Result<u64, Error> {
    let mut made = 0;
    for log in Log::ALL {
        if !store.read(move |tx| has_unsealed(tx, log)).await? {
            continue;
        }
        let settled = settled_in(store, log).await?;
        loop {
            let seals = store.read(move |tx| next_seals(tx, log, settled)).await?;
            if seals.is_empty() {
                break;
            }
            made += seals.len() as u64;
            store.write(move |tx| keep(tx, log, &seals)).await?;
        }
    }
    Ok(made)
}

async fn settled_in(store: &Store, log: Log) -> Result<i64, Error> {
    match log {
        Log::Event => store.read(move |tx| settled(tx, log)).await,
        Log::Audit => store.write(move |tx| settled(tx, log)).await,
    }
}
