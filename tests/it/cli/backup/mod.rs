//! `ferrodesk backup` and `ferrodesk restore`.

mod refused;
mod round_trip;
mod under_load;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::copy::Place;
use super::copy::round_trip::filled;
use super::copy::{copying, output, refused};
use super::succeeded;

/// The command that backs a place up into `file`.
fn backing_up(place: &Place, file: &Path) -> Command {
    let mut command = place.command("backup --json");
    command.arg(file);
    command
}

fn restoring(place: &Place, file: &Path) -> Command {
    let mut command = place.command("restore --json");
    command.arg(file);
    command
}

#[track_caller]
fn backed_up(place: &Place, file: &Path) -> Value {
    succeeded(&output(&mut backing_up(place, file)))
}

#[track_caller]
fn restored(place: &Place, file: &Path) -> Value {
    succeeded(&output(&mut restoring(place, file)))
}

/// An entry of an archive: its name, and its bytes.
type Entry = (String, Vec<u8>);

fn entries(file: &Path) -> Vec<Entry> {
    let decoder = zstd::Decoder::new(fs::File::open(file).expect("the backup")).expect("a stream");
    let mut archive = tar::Archive::new(decoder);
    let entries = archive.entries().expect("entries").map(|entry| {
        let mut entry = entry.expect("an entry");
        let name = entry.path().expect("a name").to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).expect("bytes");
        (name, bytes)
    });
    entries.collect()
}

fn write(file: &Path, entries: &[Entry]) {
    let encoder = zstd::Encoder::new(fs::File::create(file).expect("a file"), 1).expect("a stream");
    let mut archive = tar::Builder::new(encoder);
    for (name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        archive.append_data(&mut header, name, bytes.as_slice()).expect("an entry");
    }
    archive.into_inner().expect("an archive").finish().expect("written");
}

/// What is in a folder, but for what the test puts there.
fn names(folder: &Path) -> Vec<PathBuf> {
    let mut names: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    names.sort();
    names
}
