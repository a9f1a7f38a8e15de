//! Folders that nobody else may look into, and that a power cut does not take away.

use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

/// Makes the folder if there is none. Its name, and those of the folders above that are made for it, are on the disk when
/// this returns: without them, whatever is synced in it later is lost with it.
///
/// # Errors
/// When it cannot be made, or the disk does not take it.
pub fn create(folder: &Path) -> io::Result<()> {
    let is_new = |above: &&Path| !above.as_os_str().is_empty() && !above.exists();
    let new: Vec<&Path> = folder.ancestors().take_while(is_new).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    match sync_name(folder) {
        // One that was there may be below one that we may not read; whoever made it could.
        Err(error) if new.is_empty() && error.kind() == ErrorKind::PermissionDenied => {}
        // It is synced even if it was there: who made it may have died in between.
        synced => synced?,
    }
    new.into_iter().try_for_each(sync_name)
}

/// Brings the name of a file or folder to the disk.
///
/// # Errors
/// When the folder above cannot be read, or the disk does not take it.
pub fn sync_name(of: &Path) -> io::Result<()> {
    let above = of.parent().filter(|above| !above.as_os_str().is_empty());
    File::open(above.unwrap_or(Path::new(".")))?.sync_all()
}
