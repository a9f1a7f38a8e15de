//! Files that a crash left half-written. Listings do not show them.

use std::fs::DirEntry;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::domain::Timestamp;

/// Deletes them below `folder`, if they are no younger than `not_after`; gives how many.
///
/// `object_store` writes `{name}#{number}` and renames it when it is whole; our names have no `#` in them.
pub fn delete(folder: &Path, not_after: Timestamp) -> io::Result<u64> {
    let mut deleted = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            deleted += delete(&entry.path(), not_after)?;
        } else if is_half_written(&entry.file_name().to_string_lossy()) {
            match written_at(&entry).and_then(|at| delete_if(at <= not_after, &entry)) {
                Ok(is_deleted) => deleted += u64::from(is_deleted),
                // It has got its name by now, or another has deleted it.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(deleted)
}

fn is_half_written(name: &str) -> bool {
    name.split_once('#').is_some_and(|(name, number)| {
        name.len() == 64
            && name.bytes().all(|b| b.is_ascii_hexdigit())
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
    })
}

fn delete_if(is_old: bool, entry: &DirEntry) -> io::Result<bool> {
    if is_old {
        std::fs::remove_file(entry.path())?;
    }
    Ok(is_old)
}

fn written_at(entry: &DirEntry) -> io::Result<Timestamp> {
    let since = entry.metadata()?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX)))
}
