//! Noticing what other processes change.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::{Shared, StorageError, connection};

/// How often the revision is read: the longest that a key revoked on the command line goes on working.
const EVERY: Duration = Duration::from_millis(100);

const REVISION: &str = "SELECT value FROM revision WHERE id = 1";

/// Starts the thread; it ends when the other end of `stop` is dropped.
pub fn start(shared: &Arc<Shared>, stop: Receiver<()>) -> Result<JoinHandle<()>, StorageError> {
    let connection = connection::reading(shared)?;
    let shared = Arc::clone(shared);
    thread::Builder::new()
        .name("sqlite-watch".to_owned())
        .spawn(move || {
            let mut seen = None;
            while let Err(RecvTimeoutError::Timeout) = stop.recv_timeout(EVERY) {
                let now = connection
                    .prepare_cached(REVISION)
                    .and_then(|mut statement| statement.query_row([], |row| row.get::<_, i64>(0)));
                match now {
                    Ok(now) if seen == Some(now) => {}
                    Ok(now) => {
                        seen = Some(now);
                        shared.revision.fetch_add(1, Ordering::AcqRel);
                    }
                    // Not knowing is treated as a change: what is remembered is read again.
                    Err(error) => {
                        tracing::warn!(%error, "cannot read the revision");
                        shared.revision.fetch_add(1, Ordering::AcqRel);
                    }
                }
            }
        })
        .map_err(|e| StorageError::Engine(Box::new(e)))
}
