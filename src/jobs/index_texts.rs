//! Makes texts findable that were not when they were written: those from before there was a search, and those that a server
//! of an older version writes while a newer one is rolled out.

use crate::app::index_texts::{Indexed, begin_round, index_some};
use crate::domain::Error;
use crate::storage::Store;

/// Goes round once, telling `looked_at` how many texts it has looked at. Requests come between the steps.
///
/// # Errors
/// When the database fails; the next round goes on.
pub async fn index_texts(store: &Store, looked_at: &(dyn Fn(u64) + Sync)) -> Result<Indexed, Error> {
    store.write(begin_round).await?;
    let mut all = Indexed::default();
    loop {
        let some = store.write(index_some).await?;
        if some.looked_at == 0 {
            return Ok(all);
        }
        all.looked_at += some.looked_at;
        all.indexed += some.indexed;
        looked_at(some.looked_at);
    }
}
