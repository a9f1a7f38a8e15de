//! The file as it is at one moment, copied page by page while others write.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::{Shared, StorageError, connection};

/// Pages that are copied between two looks at how far it is: 8 MiB.
const PAGES_A_STEP: i32 = 2048;

/// Copies the file to `to`, which is not there yet, telling `copied` of pages that are done and of how many there are.
pub fn write(shared: &Shared, to: &Path, copied: &dyn Fn(u64, u64)) -> Result<(), StorageError> {
    let source = connection::reading(shared)?;
    // While it reads, it sees one moment; without this, each commit of a server would make the copy begin anew.
    let moment = source.unchecked_transaction()?;
    moment.query_row("SELECT id FROM installation WHERE id = 1", [], |_| Ok(()))?;
    let mut destination = Connection::open(to)?;
    let backup = Backup::new(&moment, &mut destination)?;
    loop {
        let step = backup.step(PAGES_A_STEP)?;
        let progress = backup.progress();
        let pages = |count: i32| u64::from(count.unsigned_abs());
        copied(pages(progress.pagecount - progress.remaining), pages(progress.pagecount));
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            // Nobody else has the destination, and nobody can lock the source.
            _ => return Err(StorageError::Busy),
        }
    }
}
