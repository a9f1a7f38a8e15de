//! The file of a backup: a tar archive, compressed with zstd. It is written and read as a stream; at no time is more of it in
//! memory than one attachment.
//!
//! In this order: the manifest, the database, the secret if there is one to keep, each attachment's bytes, and what says
//! that all of them are there.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use aws_lc_rs::digest::{Context, SHA256};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tar::Header;
use tempfile::NamedTempFile;

use crate::domain::attachment::ContentHash;
use crate::domain::{Timestamp, WorkspaceId};

/// What a program must know to read the archive; one that knows less refuses it.
pub const FORMAT: u32 = 1;

const MANIFEST: &str = "manifest.json";
const DATABASE: &str = "ferrodesk.db";
const SECRET: &str = "secret.key";
const FILES: &str = "blobs";
const COMPLETE: &str = "complete.json";

/// An attachment is smaller by far; nothing else is read into memory.
const IN_MEMORY_MAX: u64 = 64 << 20;

/// zstd's own default: most of what is compressed is text.
const LEVEL: i32 = 3;

/// What an archive says of itself before all else.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub made_by: String,
    pub made_at: String,
    pub database_bytes: u64,
    pub database_sha256: String,
    /// What tables are made of; see `storage::copy::layout`.
    pub layout: String,
    pub tables: Vec<TableSum>,
    /// Attachments' bytes, as the rows name them.
    pub files: u64,
    pub file_bytes: u64,
}

/// A table's rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSum {
    pub table: String,
    pub rows: u64,
    pub checksum: String,
}

/// What an archive ends with.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Complete {
    pub files: u64,
    /// Bytes that the rows name and that could not be read, as `WORKSPACE/HASH`.
    pub missing: Vec<String>,
}

/// What an entry of the archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    Manifest,
    Database,
    Secret,
    File(WorkspaceId, ContentHash),
    Complete,
}

impl Piece {
    fn of(name: &str) -> Option<Self> {
        match name {
            MANIFEST => Some(Self::Manifest),
            DATABASE => Some(Self::Database),
            SECRET => Some(Self::Secret),
            COMPLETE => Some(Self::Complete),
            _ => {
                let (workspace, name) = name.strip_prefix(FILES)?.strip_prefix('/')?.split_once('/')?;
                let mut hash = [0; 32];
                hex::decode_to_slice(name, &mut hash).ok()?;
                Some(Self::File(WorkspaceId(workspace.parse().ok()?), hash))
            }
        }
    }

    fn name(self) -> String {
        match self {
            Self::Manifest => MANIFEST.to_owned(),
            Self::Database => DATABASE.to_owned(),
            Self::Secret => SECRET.to_owned(),
            Self::File(workspace, hash) => format!("{FILES}/{}", file_name(workspace, &hash)),
            Self::Complete => COMPLETE.to_owned(),
        }
    }
}

/// How messages and [`Complete::missing`] name an attachment's bytes.
pub fn file_name(workspace: WorkspaceId, hash: &ContentHash) -> String {
    format!("{workspace}/{}", hex::encode(hash))
}

/// An archive that is being written, under another name until it is whole.
pub struct Writer {
    tar: tar::Builder<zstd::Encoder<'static, Hashing>>,
    path: PathBuf,
    at: Timestamp,
}

impl Writer {
    /// Begins the archive that is to be `path`, readable by its owner alone.
    pub fn create(path: &Path, at: Timestamp) -> anyhow::Result<Self> {
        ensure!(!path.exists(), "{} exists already: choose another name", path.display());
        let folder = folder_of(path);
        let name = path.file_name().context("the backup needs a file's name")?.to_string_lossy().into_owned();
        let file = tempfile::Builder::new().prefix(&format!("{name}.")).suffix(".partial").tempfile_in(folder);
        let file = file.with_context(|| format!("cannot write to {}", folder.display()))?;
        let encoder = zstd::Encoder::new(Hashing { file, hash: Context::new(&SHA256), bytes: 0 }, LEVEL)?;
        Ok(Self { tar: tar::Builder::new(encoder), path: path.to_owned(), at })
    }

    pub fn json(&mut self, piece: Piece, value: &impl Serialize) -> anyhow::Result<()> {
        let text = serde_json::to_vec_pretty(value)?;
        self.bytes(piece, &text)
    }

    pub fn bytes(&mut self, piece: Piece, bytes: &[u8]) -> anyhow::Result<()> {
        self.append(piece, bytes.len() as u64, bytes)
    }

    /// Appends a file, telling `copied` of its bytes as they go.
    pub fn file(&mut self, piece: Piece, path: &Path, copied: &dyn Fn(u64)) -> anyhow::Result<()> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        self.append(piece, bytes, Watched { inner: file, copied })
    }

    fn append(&mut self, piece: Piece, bytes: u64, content: impl Read) -> anyhow::Result<()> {
        let mut header = Header::new_gnu();
        header.set_size(bytes);
        header.set_mode(0o600);
        header.set_mtime(self.at.seconds().unsigned_abs());
        let appended = self.tar.append_data(&mut header, piece.name(), content);
        appended.with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// Ends the archive, puts it on the disk and gives it its name. Gives how many bytes it has, and their SHA-256.
    pub fn finish(self) -> anyhow::Result<(u64, String)> {
        let Hashing { file, hash, bytes } = self.tar.into_inner()?.finish()?;
        file.as_file().sync_all()?;
        let named = file.persist_noclobber(&self.path);
        named.map_err(|e| e.error).with_context(|| format!("cannot name {}", self.path.display()))?;
        File::open(folder_of(&self.path))?.sync_all()?;
        Ok((bytes, hex::encode(hash.finish())))
    }
}

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Counts and hashes what is written.
struct Hashing {
    file: NamedTempFile,
    hash: Context,
    bytes: u64,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Tells of what is read.
struct Watched<'c, R> {
    inner: R,
    copied: &'c dyn Fn(u64),
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        (self.copied)(read as u64);
        Ok(read)
    }
}

/// An archive that is read.
pub type Archive = tar::Archive<zstd::Decoder<'static, BufReader<File>>>;

pub fn open(path: &Path) -> anyhow::Result<Archive> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(tar::Archive::new(zstd::Decoder::new(file)?))
}

/// What an entry is.
pub fn piece<R: Read>(entry: &tar::Entry<'_, R>) -> anyhow::Result<Piece> {
    let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    Piece::of(&name).with_context(|| format!("this is no backup of ferrodesk: it has {name:?} in it"))
}

/// All of a small entry.
pub fn bytes(entry: &mut impl Read, size: u64) -> anyhow::Result<Vec<u8>> {
    ensure!(size <= IN_MEMORY_MAX, "this is no backup of ferrodesk: an attachment has {size} bytes");
    let mut bytes = Vec::with_capacity(usize::try_from(size)?);
    entry.read_to_end(&mut bytes).context(CUT_OFF)?;
    Ok(bytes)
}

pub fn json<T: DeserializeOwned>(entry: &mut impl Read, size: u64) -> anyhow::Result<T> {
    serde_json::from_slice(&bytes(entry, size)?).context("this is no backup of ferrodesk")
}

/// What is said of an archive that ends too early.
pub const CUT_OFF: &str = "the backup is damaged or cut off";

/// Writes an entry into a new file and syncs it; gives its SHA-256.
pub fn extract(entry: &mut impl Read, to: &Path, copied: &dyn Fn(u64)) -> anyhow::Result<String> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = File::options();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(to)?;
    let (mut hash, mut buffer) = (Context::new(&SHA256), vec![0; 1 << 20]);
    loop {
        let read = entry.read(&mut buffer).context(CUT_OFF)?;
        if read == 0 {
            file.sync_all()?;
            return Ok(hex::encode(hash.finish()));
        }
        hash.update(&buffer[..read]);
        file.write_all(&buffer[..read]).with_context(|| format!("cannot write {}", to.display()))?;
        copied(read as u64);
    }
}

/// The SHA-256 of a file.
pub fn hash_of(path: &Path) -> anyhow::Result<String> {
    let (mut file, mut hash, mut buffer) = (File::open(path)?, Context::new(&SHA256), vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(hash.finish())),
            read => hash.update(&buffer[..read]),
        }
    }
}
