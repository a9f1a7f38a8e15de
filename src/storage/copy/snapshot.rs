//! All rows of an installation as they are at one moment, in a SQLite file, while others go on changing them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::try_join;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::checksum::{Checksum, State, look, mark};
use super::progress::{begin, last_ids, mark_unfinished};
use super::transfer::{PAGE_ROWS, Page, read_page, write};
use super::{TABLES, Table};
use crate::domain::Error;
use crate::storage::{StorageError, StorageMetrics, Store, StoreOptions, Tx};

/// Pages of rows that wait to be written.
const PAGES_AHEAD: usize = 2;

/// What comes from the transaction that reads.
enum Piece {
    /// Which installation it is, before all else.
    Mark([u8; 32]),
    Rows(&'static Table, Arc<Vec<u8>>, Page),
}

/// What the reading transaction saw.
struct Seen {
    checksums: Vec<Checksum>,
    last_ids: Vec<(&'static str, i64)>,
}

/// Writes the rows of `from` as they are at one moment into the new file `to`, and opens it: an unfinished copy, which no
/// server takes for an installation. `moved` is told how much is done, and of how much, in rows or in pages.
///
/// # Errors
/// When a database fails, or what was written is not what was read.
pub async fn snapshot(
    from: &Store,
    to: &Path,
    options: &StoreOptions,
    moved: Arc<dyn Fn(u64, u64) + Send + Sync>,
) -> Result<(Store, State), Error> {
    let is_copied = from.write_snapshot(to, Arc::clone(&moved)).await?;
    let store = Store::open_sqlite(to, options, StorageMetrics::default())?;
    if is_copied {
        store.write(|tx| Ok(mark_unfinished(tx)?)).await?;
        let state = store.read(|tx| Ok(look(tx, &|_| {})?)).await?;
        return Ok((store, state));
    }
    let (pieces, received) = channel(PAGES_AHEAD);
    let has_begun = AtomicBool::new(false);
    let reading = from.read(move |tx| {
        // Another look would be at another moment.
        if has_begun.swap(true, Ordering::AcqRel) {
            return Err(StorageError::Busy.into());
        }
        Ok(send(tx, &pieces)?)
    });
    let (seen, ()) = try_join(reading, receive(&store, received, &*moved)).await?;
    store.write(move |tx| Ok(seen.last_ids.iter().try_for_each(|(table, id)| tx.raise_last_id(table, *id))?)).await?;
    let state = store.read(|tx| Ok(look(tx, &|_| {})?)).await?;
    if state.checksums != seen.checksums {
        return Err(Error::internal("the snapshot is not what was read"));
    }
    Ok((store, state))
}

/// Reads everything in one transaction, and hands it on.
fn send(tx: &mut dyn Tx, pieces: &Sender<Piece>) -> Result<Seen, StorageError> {
    let hand_on = |piece| pieces.blocking_send(piece).map_err(|_| StorageError::Busy);
    hand_on(Piece::Mark(mark(tx)?))?;
    let mut checksums = Vec::new();
    for table in TABLES.iter() {
        let mut checksum = Checksum::default();
        let (mut after, mut limit) = (Arc::new(Vec::new()), PAGE_ROWS);
        loop {
            let page = read_page(tx, table, &after, limit)?;
            if page.rows.is_empty() {
                break;
            }
            page.rows.iter().for_each(|row| checksum.add_values(row));
            let before = std::mem::replace(&mut after, Arc::new(page.last.clone()));
            limit = page.limit;
            hand_on(Piece::Rows(table, before, page))?;
        }
        checksums.push(checksum);
    }
    Ok(Seen { checksums, last_ids: last_ids(tx)? })
}

async fn receive(
    to: &Store,
    mut pieces: Receiver<Piece>,
    moved: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<(), Error> {
    let mut rows = 0;
    while let Some(piece) = pieces.recv().await {
        match piece {
            Piece::Mark(mark) => drop(to.write(move |tx| begin(tx, &mark)).await?),
            Piece::Rows(table, after, page) => {
                rows += page.rows.len() as u64;
                write(to, table, page.rows, after).await?;
                moved(rows, 0);
            }
        }
    }
    Ok(())
}
