//! Moving one table's rows.

use std::sync::Arc;

use futures_util::future::{try_join, try_join_all};

use super::Table;
use super::progress::{advance, copied};
use super::row::{decode, encode, value};
use super::table::ROWS_TOGETHER;
use crate::domain::Error;
use crate::storage::value::Value;
use crate::storage::{Param, StorageError, Store, Tx};

/// Rows that are read at once, at the most. Of as many closures as this makes for SQLite, `try_join_all` queues the first one first.
pub(super) const PAGE_ROWS: i64 = 2000;

/// Bytes of a page's values, but for its last row: comments may be long. Rows beyond are read in vain, and the next page
/// asks for fewer.
const PAGE_BYTES: usize = 8 << 20;

/// Neighbouring rows, and the key of the last of them.
pub(super) struct Page {
    pub rows: Vec<Vec<Value>>,
    bytes: usize,
    pub last: Vec<u8>,
    /// Rows to ask for next.
    pub limit: i64,
}

/// Copies the rows of a table that are not in the destination yet. `moved` is told of rows, and of their bytes.
///
/// # Errors
/// When a database fails, or the destination is being changed by somebody else.
pub async fn transfer(from: &Store, to: &Store, table: &'static Table, moved: &dyn Fn(u64, u64)) -> Result<(), Error> {
    let (already, after) = to.read(move |tx| Ok(copied(tx, table)?)).await?;
    moved(already, 0);
    let mut after = Arc::new(after);
    let mut page = read(from, table, Arc::clone(&after), PAGE_ROWS).await?;
    while !page.rows.is_empty() {
        let (last, limit) = (Arc::new(page.last), page.limit);
        let (rows, bytes) = (page.rows.len(), page.bytes);
        let writing = write(to, table, page.rows, Arc::clone(&after));
        (page, ()) = try_join(read(from, table, Arc::clone(&last), limit), writing).await?;
        moved(rows as u64, bytes as u64);
        after = last;
    }
    Ok(())
}

async fn read(from: &Store, table: &'static Table, after: Arc<Vec<u8>>, limit: i64) -> Result<Page, Error> {
    from.read(move |tx| Ok(read_page(tx, table, &after, limit)?)).await
}

pub(super) fn read_page(
    tx: &mut dyn Tx,
    table: &'static Table,
    after: &[u8],
    limit: i64,
) -> Result<Page, StorageError> {
    let key = decode(after).ok_or_else(|| StorageError::Schema("copy_progress has no key in it".to_owned()))?;
    let mut params: Vec<Param<'_>> = key.iter().map(Value::as_param).collect();
    let sql = if params.is_empty() { &table.first_page } else { &table.next_page };
    params.push(Param::Int(limit));
    let mut page = Page { rows: Vec::new(), bytes: 0, last: Vec::new(), limit: PAGE_ROWS.min(2 * limit) };
    tx.query(sql, &params, &mut |row| {
        if page.bytes > PAGE_BYTES {
            page.limit = i64::try_from(page.rows.len()).unwrap_or(PAGE_ROWS);
            return Ok(());
        }
        let columns = table.columns.iter().enumerate();
        let values = columns.map(|(column, (_, kind))| value(row, column, *kind)).collect::<Result<Vec<_>, _>>()?;
        page.bytes += values.iter().map(size).sum::<usize>();
        page.rows.push(values);
        Ok(())
    })?;
    if let Some(last) = page.rows.last() {
        page.last = key_of(table, last);
    }
    Ok(page)
}

/// The key's columns are the first ones.
fn key_of(table: &Table, row: &[Value]) -> Vec<u8> {
    encode(&row[..table.key])
}

fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 1,
        Value::Int(_) => 8,
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
    }
}

/// Writes rows that follow the one with the key `after`, in as few transactions as suit the engine.
pub(super) async fn write(
    to: &Store,
    table: &'static Table,
    mut rows: Vec<Vec<Value>>,
    after: Arc<Vec<u8>>,
) -> Result<(), Error> {
    let mut writes = Vec::new();
    let mut before = after;
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(to.rows_per_write()));
        let some = std::mem::replace(&mut rows, rest);
        let last = Arc::new(key_of(table, some.last().expect("there are some")));
        let key = (before, Arc::clone(&last));
        before = last;
        writes.push(to.write(move |tx| {
            advance(tx, table, some.len(), &key.0, &key.1)?;
            for rows in some.chunks(ROWS_TOGETHER) {
                insert(tx, table, rows)?;
            }
            Ok(())
        }));
    }
    try_join_all(writes).await.map(drop)
}

/// Inserts up to [`ROWS_TOGETHER`] rows.
fn insert(tx: &mut dyn Tx, table: &'static Table, rows: &[Vec<Value>]) -> Result<(), StorageError> {
    let params: Vec<Param<'_>> = rows.iter().flatten().map(Value::as_param).collect();
    if rows.len() == ROWS_TOGETHER {
        return tx.execute_later(&table.insert_together, &params);
    }
    params.chunks(table.columns.len()).try_for_each(|row| tx.execute_later(&table.insert, row))
}
