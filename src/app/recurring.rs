//! Jobs that run once in a while over all servers together, not once in each.

use std::time::Duration;

use crate::domain::{Error, Timestamp};
use crate::storage::Tx;
use crate::storage::queries::recurring_jobs;

/// How far apart the clocks of servers may be. A job that is due later than that after its next time has been claimed by a
/// clock that was wrong, and would wait for as long as that was fast.
const CLOCKS_DIFFER: Duration = Duration::from_mins(1);

/// Whether the caller is to run the job `name` now, which is due every so often. Of many servers that ask at once, one
/// hears yes. If it dies before the job is done, the job is due again when it would have been.
///
/// # Errors
/// When the database fails.
pub fn claim(tx: &mut dyn Tx, name: &'static str, every: Duration, at: Timestamp) -> Result<bool, Error> {
    recurring_jobs::add(tx, name, at)?;
    let next = at.plus(every);
    Ok(recurring_jobs::claim(tx, name, at, next, next.plus(CLOCKS_DIFFER))?)
}
