//! The folders that files are put into, on the disk before any file in them is promised.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use crate::private_folder::sync_name;

/// The root of all files, and the folders below it.
pub struct Folders {
    pub root: PathBuf,
    /// Those whose names are on the disk.
    synced: Mutex<HashSet<PathBuf>>,
}

impl Folders {
    pub fn below(root: &Path) -> Self {
        Self { root: root.to_owned(), synced: Mutex::default() }
    }

    pub fn is_synced(&self, folder: &Path) -> bool {
        self.lock().contains(folder)
    }

    /// Makes the folder if there is none, and has its name and those above it on the disk.
    ///
    /// `object_store` syncs the folders that it makes, but not those that it finds: another upload may have made one a
    /// moment ago, and not synced it yet, or the disk may have refused to.
    pub fn sync(&self, folder: &Path) -> io::Result<()> {
        let path = self.root.join(folder);
        std::fs::create_dir_all(&path)?;
        path.ancestors().take_while(|above| *above != self.root).try_for_each(sync_name)?;
        self.lock().insert(folder.to_owned());
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.synced.lock().expect("no thread panics while it holds this")
    }
}
