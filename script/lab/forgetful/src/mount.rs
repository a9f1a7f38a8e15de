//! The disk as a folder.

use std::ffi::OsStr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use fuser::{
    BsdFileFlags, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo, LockOwner,
    OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyStatfs,
    ReplyWrite, Request, TimeOrNow, WriteFlags,
};

use crate::content::{Content, PAGE};
use crate::disk::{Disk, Folder, Kind, Node};

/// Nothing changes but through the kernel, which may remember what it was told.
const REMEMBER: Duration = Duration::from_mins(1);

/// A sync takes up to this long, so that cuts find work that waits for it.
const SYNC: Duration = Duration::from_millis(3);

const NONE: FileHandle = FileHandle(0);
const FIRST: Generation = Generation(0);

#[derive(Clone)]
pub struct Mount(pub Arc<Mutex<Disk>>);

impl Mount {
    pub fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().expect("no thread panics while it holds this")
    }

    fn create_node(
        &self,
        request: &Request,
        folder: INodeNo,
        name: &OsStr,
        mode: u32,
        kind: Kind,
    ) -> Result<FileAttr, Errno> {
        let owner = (request.uid(), request.gid());
        let node = Node { kind, mode: permissions(mode), owner, changed: SystemTime::now() };
        let mut disk = self.disk();
        let number = disk.create(folder.0, name, node)?;
        attributes(&mut disk, number)
    }

    fn sync(&self, number: INodeNo, reply: ReplyEmpty) {
        std::thread::sleep(SYNC.mul_f64(fastrand::f64()));
        empty(reply, self.disk().sync(number.0));
    }
}

fn permissions(mode: u32) -> u16 {
    u16::try_from(mode & 0o7777).expect("twelve bits fit")
}

fn attributes(disk: &mut Disk, number: u64) -> Result<FileAttr, Errno> {
    let node = disk.node(number)?;
    let (kind, size) = match &node.kind {
        Kind::File(content) => (FileType::RegularFile, content.size() as u64),
        Kind::Folder(_) => (FileType::Directory, 0),
    };
    Ok(FileAttr {
        ino: INodeNo(number),
        size,
        blocks: size.div_ceil(512),
        atime: node.changed,
        mtime: node.changed,
        ctime: node.changed,
        crtime: node.changed,
        kind,
        perm: node.mode,
        nlink: 1,
        uid: node.owner.0,
        gid: node.owner.1,
        rdev: 0,
        blksize: u32::try_from(PAGE).expect("a page is small"),
        flags: 0,
    })
}

fn entry(reply: ReplyEntry, found: Result<FileAttr, Errno>) {
    match found {
        Ok(attributes) => reply.entry(&REMEMBER, &attributes, FIRST),
        Err(error) => reply.error(error),
    }
}

fn empty(reply: ReplyEmpty, done: Result<(), Errno>) {
    match done {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error),
    }
}

fn at(offset: u64) -> usize {
    usize::try_from(offset).expect("an address of memory has 64 bits")
}

impl Filesystem for Mount {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let mut disk = self.disk();
        let found = disk.find(parent.0, name).and_then(|number| attributes(&mut disk, number));
        entry(reply, found);
    }

    fn getattr(&self, _: &Request, number: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match attributes(&mut self.disk(), number.0) {
            Ok(attributes) => reply.attr(&REMEMBER, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn setattr(
        &self,
        _: &Request,
        number: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        changed: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut disk = self.disk();
        let set = |disk: &mut Disk| {
            if let Some(size) = size {
                disk.file(number.0)?.resize(at(size));
            }
            let node = disk.node(number.0)?;
            node.mode = mode.map_or(node.mode, permissions);
            node.owner = (uid.unwrap_or(node.owner.0), gid.unwrap_or(node.owner.1));
            match changed {
                Some(TimeOrNow::SpecificTime(time)) => node.changed = time,
                Some(TimeOrNow::Now) => node.changed = SystemTime::now(),
                None if size.is_some() => node.changed = SystemTime::now(),
                None => {}
            }
            attributes(disk, number.0)
        };
        match set(&mut disk) {
            Ok(attributes) => reply.attr(&REMEMBER, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn mkdir(&self, request: &Request, parent: INodeNo, name: &OsStr, mode: u32, _: u32, reply: ReplyEntry) {
        entry(reply, self.create_node(request, parent, name, mode, Kind::Folder(Folder::default())));
    }

    fn create(&self, request: &Request, parent: INodeNo, name: &OsStr, mode: u32, _: u32, _: i32, reply: ReplyCreate) {
        match self.create_node(request, parent, name, mode, Kind::File(Content::default())) {
            Ok(attributes) => reply.created(&REMEMBER, &attributes, FIRST, NONE, FopenFlags::empty()),
            Err(error) => reply.error(error),
        }
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        empty(reply, self.disk().remove(parent.0, name));
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        empty(reply, self.disk().remove(parent.0, name));
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        new_parent: INodeNo,
        new_name: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        if !flags.is_empty() {
            return reply.error(Errno::EINVAL);
        }
        empty(reply, self.disk().rename((parent.0, name), (new_parent.0, new_name)));
    }

    fn link(&self, _: &Request, number: INodeNo, folder: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let mut disk = self.disk();
        let linked = disk.link(number.0, folder.0, name).and_then(|()| attributes(&mut disk, number.0));
        entry(reply, linked);
    }

    fn read(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let read = self.disk().file(number.0).map(|file| file.read(at(offset), at(size.into())));
        match read {
            Ok(bytes) => reply.data(&bytes),
            Err(error) => reply.error(error),
        }
    }

    fn write(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let mut disk = self.disk();
        let written = disk.file(number.0).map(|file| file.write(at(offset), data));
        match written.and_then(|()| disk.node(number.0)) {
            Ok(node) => {
                node.changed = SystemTime::now();
                reply.written(u32::try_from(data.len()).expect("a write is as long as 32 bits tell"));
            }
            Err(error) => reply.error(error),
        }
    }

    /// At every close, which promises nothing.
    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _: &Request, number: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.sync(number, reply);
    }

    fn fsyncdir(&self, _: &Request, number: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        self.sync(number, reply);
    }

    fn readdir(&self, _: &Request, number: INodeNo, _: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let mut disk = self.disk();
        let names: Vec<_> = match disk.folder(number.0) {
            Ok(folder) => folder.seen.iter().map(|(name, number)| (name.clone(), *number)).collect(),
            Err(error) => return reply.error(error),
        };
        for (index, (name, number)) in names.into_iter().enumerate().skip(at(offset)) {
            let is_folder = disk.folder(number).is_ok();
            let kind = if is_folder { FileType::Directory } else { FileType::RegularFile };
            if reply.add(INodeNo(number), index as u64 + 1, kind, name) {
                break;
            }
        }
        reply.ok();
    }

    /// As if it were large and empty.
    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        let (blocks, size) = (1 << 28, u32::try_from(PAGE).expect("a page is small"));
        reply.statfs(blocks, blocks, blocks, blocks, blocks, size, 255, size);
    }
}
