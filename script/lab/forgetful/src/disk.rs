//! Files and folders: as programs see them, and as they are on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::time::SystemTime;

use fuser::Errno;

use crate::content::Content;

pub const ROOT: u64 = 1;

/// How likely each thing that was not synced survives a cut; one of them holds for a whole cut.
const KEPT: [f64; 4] = [0.0, 0.1, 0.5, 0.9];

pub struct Node {
    pub kind: Kind,
    /// The mode, who owns it and when it was changed are on the disk at once: nobody relies on when they are.
    pub mode: u16,
    pub owner: (u32, u32),
    pub changed: SystemTime,
}

pub enum Kind {
    File(Content),
    Folder(Folder),
}

type Names = BTreeMap<OsString, u64>;

#[derive(Default)]
pub struct Folder {
    pub seen: Names,
    synced: Names,
}

/// A change of names that came to pass and is not on the disk yet: there as a whole or not at all, as a rename is.
type Change = Vec<(u64, OsString, Option<u64>)>;

/// What a cut has cost.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Loss {
    pub pages: usize,
    pub names: usize,
}

/// What a sync that is asked for does.
#[derive(Default)]
pub struct Sync {
    /// Says that it succeeded, and does nothing.
    pub lies: bool,
    /// How many more are to fail, of those whose path, with a `$` at its end, has this in it.
    pub failing: usize,
    pub failing_at: String,
}

pub struct Disk {
    nodes: BTreeMap<u64, Node>,
    next: u64,
    pending: Vec<Change>,
    chance: fastrand::Rng,
    pub sync: Sync,
    /// Whether the power is cut, so that nothing is answered.
    pub dark: bool,
}

impl Disk {
    pub fn new(seed: u64, owner: (u32, u32)) -> Self {
        let root = Node { kind: Kind::Folder(Folder::default()), mode: 0o755, owner, changed: SystemTime::now() };
        let chance = fastrand::Rng::with_seed(seed);
        Self {
            nodes: BTreeMap::from([(ROOT, root)]),
            next: ROOT + 1,
            pending: Vec::new(),
            chance,
            sync: Sync::default(),
            dark: false,
        }
    }

    pub fn node(&mut self, number: u64) -> Result<&mut Node, Errno> {
        if self.dark {
            return Err(Errno::EIO);
        }
        self.nodes.get_mut(&number).ok_or(Errno::ENOENT)
    }

    pub fn file(&mut self, number: u64) -> Result<&mut Content, Errno> {
        match &mut self.node(number)?.kind {
            Kind::File(content) => Ok(content),
            Kind::Folder(_) => Err(Errno::EISDIR),
        }
    }

    pub fn folder(&mut self, number: u64) -> Result<&mut Folder, Errno> {
        match &mut self.node(number)?.kind {
            Kind::Folder(folder) => Ok(folder),
            Kind::File(_) => Err(Errno::ENOTDIR),
        }
    }

    pub fn find(&mut self, folder: u64, name: &OsStr) -> Result<u64, Errno> {
        self.folder(folder)?.seen.get(name).copied().ok_or(Errno::ENOENT)
    }

    pub fn create(&mut self, folder: u64, name: &OsStr, node: Node) -> Result<u64, Errno> {
        if self.folder(folder)?.seen.contains_key(name) {
            return Err(Errno::EEXIST);
        }
        let number = self.next;
        self.next += 1;
        self.nodes.insert(number, node);
        self.change(vec![(folder, name.to_owned(), Some(number))])?;
        Ok(number)
    }

    pub fn remove(&mut self, folder: u64, name: &OsStr) -> Result<(), Errno> {
        let number = self.find(folder, name)?;
        if matches!(&self.node(number)?.kind, Kind::Folder(folder) if !folder.seen.is_empty()) {
            return Err(Errno::ENOTEMPTY);
        }
        // What is in it stays for who has it open.
        self.change(vec![(folder, name.to_owned(), None)])
    }

    pub fn rename(&mut self, from: (u64, &OsStr), to: (u64, &OsStr)) -> Result<(), Errno> {
        let number = self.find(from.0, from.1)?;
        self.change(vec![(from.0, from.1.to_owned(), None), (to.0, to.1.to_owned(), Some(number))])
    }

    /// Gives what is there one more name.
    pub fn link(&mut self, number: u64, folder: u64, name: &OsStr) -> Result<(), Errno> {
        if self.folder(folder)?.seen.contains_key(name) {
            return Err(Errno::EEXIST);
        }
        self.file(number)?;
        self.change(vec![(folder, name.to_owned(), Some(number))])
    }

    fn change(&mut self, change: Change) -> Result<(), Errno> {
        for (folder, name, number) in &change {
            set(&mut self.folder(*folder)?.seen, name, *number);
        }
        self.pending.push(change);
        Ok(())
    }

    /// Brings a file's bytes to the disk, or a folder's names; not the name that a file itself has in its folder.
    pub fn sync(&mut self, number: u64) -> Result<(), Errno> {
        self.node(number)?;
        if self.sync.lies {
            return Ok(());
        }
        let fails =
            self.sync.failing > 0 && self.path(number).is_some_and(|path| (path + "$").contains(&self.sync.failing_at));
        if fails {
            self.sync.failing -= 1;
        }
        let mut chance = self.chance.fork();
        match &mut self.node(number)?.kind {
            Kind::File(content) if fails => content.fail_to_sync(&mut chance),
            Kind::File(content) => content.sync(),
            Kind::Folder(_) if fails => {}
            Kind::Folder(_) => self.sync_names(number),
        }
        if fails { Err(Errno::EIO) } else { Ok(()) }
    }

    /// A rename from one folder to another takes both along, and what was changed in either before.
    fn sync_names(&mut self, folder: u64) {
        let mut folders = BTreeSet::from([folder]);
        loop {
            let touching = self.pending.iter().filter(|change| change.iter().any(|(at, ..)| folders.contains(at)));
            let more: BTreeSet<u64> = touching.flatten().map(|(at, ..)| *at).collect();
            if more.is_subset(&folders) {
                break;
            }
            folders.extend(more);
        }
        let touches = |change: &mut Change| change.iter().any(|(at, ..)| folders.contains(at));
        let changes: Vec<Change> = self.pending.extract_if(.., touches).collect();
        for change in changes {
            self.settle(change);
        }
    }

    /// Has a change on the disk.
    fn settle(&mut self, change: Change) {
        for (folder, name, number) in change {
            if let Some(Node { kind: Kind::Folder(folder), .. }) = self.nodes.get_mut(&folder) {
                set(&mut folder.synced, &name, number);
            }
        }
    }

    /// The power is back, and there is what the disk has: all that was synced, and of the rest whatever it happens to be.
    pub fn come_back(&mut self) -> Loss {
        let kept = KEPT[self.chance.usize(..KEPT.len())];
        let mut loss = Loss::default();
        // A journal loses the end of what was done; without one, anything may be missing.
        let in_order = self.chance.bool();
        let mut over = false;
        for change in std::mem::take(&mut self.pending) {
            over = self.chance.f64() >= kept || (in_order && over);
            if over {
                loss.names += 1;
            } else {
                self.settle(change);
            }
        }
        for node in self.nodes.values_mut() {
            match &mut node.kind {
                Kind::File(content) => loss.pages += content.cut(kept, &mut self.chance),
                Kind::Folder(folder) => folder.seen.clone_from(&folder.synced),
            }
        }
        let mut there = BTreeMap::new();
        self.reach(ROOT, &mut there);
        self.nodes = there;
        self.dark = false;
        loss
    }

    /// Moves what is below a folder, and the folder, to `there`: what has no name is gone.
    fn reach(&mut self, number: u64, there: &mut BTreeMap<u64, Node>) {
        let Some(node) = self.nodes.remove(&number) else { return };
        let below: Vec<u64> = match &node.kind {
            Kind::Folder(folder) => folder.seen.values().copied().collect(),
            Kind::File(_) => Vec::new(),
        };
        there.insert(number, node);
        for number in below {
            self.reach(number, there);
        }
    }

    /// Where something is, below the root.
    fn path(&self, number: u64) -> Option<String> {
        if number == ROOT {
            return Some(String::new());
        }
        self.nodes.iter().find_map(|(above, node)| {
            let Kind::Folder(folder) = &node.kind else { return None };
            let (name, _) = folder.seen.iter().find(|(_, at)| **at == number)?;
            Some(format!("{}/{}", self.path(*above)?, name.to_string_lossy()))
        })
    }
}

fn set(names: &mut Names, name: &OsStr, number: Option<u64>) {
    match number {
        Some(number) => names.insert(name.to_owned(), number),
        None => names.remove(name),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk() -> Disk {
        Disk::new(7, (0, 0))
    }

    fn add(disk: &mut Disk, above: u64, name: &str, kind: Kind) -> u64 {
        let node = Node { kind, mode: 0o700, owner: (0, 0), changed: SystemTime::UNIX_EPOCH };
        disk.create(above, name.as_ref(), node).expect("there is no such name")
    }

    fn add_folder(disk: &mut Disk, above: u64, name: &str) -> u64 {
        add(disk, above, name, Kind::Folder(Folder::default()))
    }

    fn add_file(disk: &mut Disk, above: u64, name: &str) -> u64 {
        let number = add(disk, above, name, Kind::File(Content::default()));
        disk.file(number).expect("it is a file").write(0, b"bytes");
        number
    }

    /// How often what `prepare` gave is whole after a cut, of a hundred.
    fn whole(prepare: impl Fn(&mut Disk) -> Vec<&'static str>) -> usize {
        (0..100)
            .filter(|seed| {
                let mut disk = Disk::new(*seed, (0, 0));
                let path = prepare(&mut disk);
                disk.come_back();
                let found = path.iter().try_fold(ROOT, |above, name| disk.find(above, name.as_ref()));
                found.is_ok_and(|number| disk.file(number).is_ok_and(|file| file.read(0, 9) == b"bytes"))
            })
            .count()
    }

    #[test]
    fn a_file_is_there_for_certain_only_when_it_and_each_name_above_it_was_synced() {
        let prepare = |synced: &'static [usize]| {
            whole(move |disk| {
                let above = add_folder(disk, ROOT, "a");
                let file = add_file(disk, above, "b");
                for index in synced {
                    disk.sync([file, above, ROOT][*index]).expect("nothing is to fail");
                }
                vec!["a", "b"]
            })
        };
        assert_eq!(prepare(&[0, 1, 2]), 100);
        for synced in [&[0, 1][..], &[1, 2], &[0, 2], &[]] {
            assert!((5..95).contains(&prepare(synced)), "{synced:?}: {}", prepare(synced));
        }
    }

    #[test]
    fn a_rename_is_there_as_a_whole_or_not_at_all() {
        for seed in 0..100 {
            let mut disk = Disk::new(seed, (0, 0));
            let (from, to) = (add_folder(&mut disk, ROOT, "from"), add_folder(&mut disk, ROOT, "to"));
            add_file(&mut disk, from, "x");
            disk.sync(ROOT).and(disk.sync(from)).expect("nothing is to fail");
            disk.rename((from, "x".as_ref()), (to, "y".as_ref())).expect("it is there");
            if seed % 2 == 0 {
                disk.sync(to).expect("nothing is to fail");
            }
            disk.come_back();
            let (old, new) = (disk.find(from, "x".as_ref()).is_ok(), disk.find(to, "y".as_ref()).is_ok());
            assert!(old != new && (new || seed % 2 == 1), "seed {seed}: old {old}, new {new}");
        }
    }

    #[test]
    fn a_disk_that_lies_loses_what_was_synced() {
        let kept = whole(|disk| {
            disk.sync.lies = true;
            let file = add_file(disk, ROOT, "b");
            disk.sync(file).and(disk.sync(ROOT)).expect("it says that it is done");
            vec!["b"]
        });
        assert!(kept < 95, "{kept}");
    }

    #[test]
    fn syncs_fail_as_often_as_asked_and_where() {
        let mut disk = disk();
        let above = add_folder(&mut disk, ROOT, "a");
        let (one, other) = (add_file(&mut disk, above, "one"), add_file(&mut disk, above, "other"));
        disk.sync = Sync { failing: 1, failing_at: "a/one".to_owned(), lies: false };
        assert!(disk.sync(other).is_ok() && disk.sync(one).is_err() && disk.sync(one).is_ok());
    }
}
