//! A folder that loses what was not synced when its power is cut, to test what programs promise about disks.
//!
//!     forgetful FOLDER [SEED]
//!
//! Files and folders are in memory. Commands are lines on standard input, each answered by a line:
//!
//! - `cut`: from now on every call fails. Then the programs that have files open must end, and:
//! - `on`: what is left is there again. A file has the bytes that were synced, a folder the names; of what was changed
//!   since, each page of a file and each change of a name is there or is not, as chance has it. A file's name is synced with
//!   its folder alone, and a rename is there as a whole or not at all. Answers how many pages and names are lost.
//! - `lie`: syncs do nothing from now on, and say that they did.
//! - `fail N TEXT`: the next N syncs of what has TEXT in its path, with a `$` at the path's end, fail with EIO. Of the pages
//!   that they should have written, some are; all stay as they are for who reads them, and no later sync writes them, as on
//!   Linux.
//!
//! It ends, and the folder with all that was in it, at the end of standard input.

mod content;
mod disk;
mod mount;

use std::io::{self, BufRead as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use fuser::{BackgroundSession, Config, MountOption};

use disk::{Disk, Sync};
use mount::Mount;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, rest @ ..] = arguments.as_slice() else {
        eprintln!("usage: forgetful FOLDER [SEED]");
        return ExitCode::from(2);
    };
    let seed = rest.first().map_or_else(|| Ok(fastrand::u64(..)), |seed| seed.parse());
    match seed.map_err(io::Error::other).and_then(|seed| run(folder, seed)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("forgetful: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(folder: &str, seed: u64) -> io::Result<()> {
    let owner = std::fs::metadata(folder)?;
    let mount = Mount(Arc::new(Mutex::new(Disk::new(seed, (owner.uid(), owner.gid())))));
    let mut session = mounted(&mount, folder)?;
    println!("mounted, seed {seed}");
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let mut answer = String::from("done");
        match words.as_slice() {
            ["cut"] => mount.disk().dark = true,
            ["on"] => {
                // Mounted anew, the kernel remembers nothing of what is lost.
                session.umount_and_join()?;
                let loss = mount.disk().come_back();
                answer = format!("{} {}", loss.pages, loss.names);
                session = mounted(&mount, folder)?;
            }
            ["lie"] => mount.disk().sync.lies = true,
            ["fail", count, text] => {
                let failing = count.parse().map_err(io::Error::other)?;
                mount.disk().sync = Sync { failing, failing_at: (*text).to_owned(), lies: false };
            }
            _ => answer = format!("what is \"{line}\"?"),
        }
        println!("{answer}");
        io::stdout().flush()?;
    }
    session.umount_and_join()
}

fn mounted(mount: &Mount, folder: &str) -> io::Result<BackgroundSession> {
    let mut config = Config::default();
    config.mount_options =
        vec![MountOption::FSName("forgetful".to_owned()), MountOption::DefaultPermissions, MountOption::NoAtime];
    // While one syncs, others go on.
    config.n_threads = Some(8);
    fuser::spawn_mount(mount.clone(), folder, &config)
}
