//! Attachments' bytes: stored by workspace and content hash, durable before the row that names them commits.
//!
//! They are below a folder or in a bucket of S3. What keeps the sweeper from deleting what an upload under way is about
//! to name is in the database; `app/blob_deletion.rs` has the argument.

mod failure;
mod folders;
mod leftover;
mod owner;
mod s3;

use std::num::NonZero;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, GetResultPayload, ObjectStore, ObjectStoreExt as _, PutMode};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::BlobsAt;
use crate::domain::attachment::ContentHash;
use crate::domain::{Error, Timestamp, WorkspaceId};
use crate::held::Memory;
use crate::identity::apikey::sha256;
use crate::private_folder;
use failure::{describe, failed, has_no_conditional_put};
use folders::Folders;

/// How long anything may take that is not told otherwise; a disk is not given up on.
const FOR_EVER: Duration = Duration::from_hours(24);

/// Bytes of files that were read in one go and wait for those who asked. Whoever finds no room is given a file by the piece.
const WAITING_MAX_BYTES: usize = 8 * 1024 * 1024;

/// Where the bytes are. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// How long a request may take before it has failed.
    within: Duration,
    /// Whether to store only what is not there yet. Some servers cannot.
    creates: Arc<AtomicBool>,
    /// The folders of the files, if that is what the bytes are in.
    folders: Option<Arc<Folders>>,
    /// What files that wait to be read may take.
    memory: Memory,
    /// For files in folders, the turns to read them. A thread for each of a thousand readers would take the processor from
    /// everybody else, and glibc would keep for each what it once took.
    turns: Option<Arc<Semaphore>>,
}

/// Stored bytes, as a listing shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredBlob {
    pub workspace: WorkspaceId,
    pub hash: ContentHash,
    /// Bytes.
    pub size: u64,
    pub stored_at: Timestamp,
}

impl Blobs {
    /// The bytes that are where the settings say. A bucket is not asked for anything yet.
    ///
    /// # Errors
    /// When a folder cannot be made, or the client of S3 cannot.
    pub fn open(at: &BlobsAt) -> anyhow::Result<Self> {
        match at {
            BlobsAt::Folder(folder) => Self::local(folder)
                .with_context(|| format!("cannot use the folder of attachments {}", folder.display())),
            BlobsAt::S3(options) => {
                let store = s3::bucket(options).context("cannot use S3")?;
                Ok(Self { within: options.timeout, ..Self::on(store) })
            }
        }
    }

    /// Bytes in files below `folder`. File and folder are synced to disk before [`Blobs::put`] returns.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn local(folder: &Path) -> std::io::Result<Self> {
        // Attachments are nobody else's business, whatever the folder above allows.
        private_folder::create(folder)?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        // A file that is there already may not be synced yet by whoever wrote it: each upload writes and syncs its own.
        let creates = Arc::new(AtomicBool::new(false));
        let at_once = 2 * std::thread::available_parallelism().map_or(2, NonZero::get);
        Ok(Self {
            folders: Some(Arc::new(Folders::below(folder))),
            creates,
            turns: Some(Arc::new(Semaphore::new(at_once))),
            ..Self::on(Arc::new(store))
        })
    }

    /// Bytes in memory, for tests.
    #[must_use]
    pub fn memory() -> Self {
        Self::on(Arc::new(InMemory::new()))
    }

    fn on(store: Arc<dyn ObjectStore>) -> Self {
        let creates = Arc::new(AtomicBool::new(true));
        Self { store, within: FOR_EVER, creates, folders: None, memory: Memory::new(WAITING_MAX_BYTES), turns: None }
    }

    /// Sees whether the store answers, by looking at the first of what is stored.
    ///
    /// # Errors
    /// What is wrong, in one line.
    pub async fn reach(&self) -> Result<(), String> {
        let first = async { self.store.list(None).try_next().await };
        self.in_time(first).await.map(|_| ()).map_err(|error| describe(&error))
    }

    /// Stores `bytes`, which hash to `hash`. They are durable when this returns. Storing the same bytes again is fine.
    ///
    /// # Errors
    /// [`Error::Busy`] when they cannot be stored, for want of space, say, or because S3 does not answer.
    pub async fn put(&self, workspace: WorkspaceId, hash: &ContentHash, bytes: Bytes) -> Result<(), Error> {
        self.in_time(self.put_at(&key(workspace, hash), bytes)).await.map_err(|error| {
            tracing::error!(error = describe(&error), "an attachment could not be stored");
            Error::Busy { retry_after: crate::storage::RETRY_AFTER }
        })
    }

    /// One request is right: a file has 2 MiB at the most and is in memory already, and the store takes it whole or not
    /// at all.
    async fn put_at(&self, key: &Key, bytes: Bytes) -> object_store::Result<()> {
        if self.creates.load(Ordering::Relaxed) {
            match self.store.put_opts(key, bytes.clone().into(), PutMode::Create.into()).await {
                Ok(_) => return Ok(()),
                // Amazon also says so when two store the same at once, of whom the other may yet fail.
                Err(object_store::Error::AlreadyExists { .. }) if self.has(key, bytes.len()).await? => return Ok(()),
                Err(object_store::Error::AlreadyExists { .. }) => {}
                Err(error) if has_no_conditional_put(&error) => self.creates.store(false, Ordering::Relaxed),
                Err(error) => return Err(error),
            }
        }
        self.sync_folder_of(key).await?;
        // What is written over is the same bytes, or what is left of them.
        self.store.put(key, bytes.into()).await.map(|_| ())
    }

    /// Sees to it that the folder which a file is about to be put into is there after a power cut.
    async fn sync_folder_of(&self, key: &Key) -> object_store::Result<()> {
        let Some(folders) = self.folders.clone() else { return Ok(()) };
        let folder = Path::new(key.as_ref()).parent().map(Path::to_owned).unwrap_or_default();
        if folders.is_synced(&folder) {
            return Ok(());
        }
        let synced = tokio::task::spawn_blocking(move || folders.sync(&folder)).await.map_err(std::io::Error::other);
        synced
            .flatten()
            .map_err(|error| object_store::Error::Generic { store: "LocalFileSystem", source: error.into() })
    }

    async fn has(&self, key: &Key, length: usize) -> object_store::Result<bool> {
        match self.store.head(key).await {
            Ok(meta) => Ok(usize::try_from(meta.size) == Ok(length)),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The bytes from `start` up to, not including, `end`, as they come. That they are there is known before the first.
    ///
    /// # Errors
    /// [`Error::Internal`] when they are not there, which no sequence of requests should bring about; [`Error::Busy`]
    /// when the store does not answer. The stream fails when the store does not go on.
    pub async fn get(
        &self,
        workspace: WorkspaceId,
        hash: &ContentHash,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes, Error>>, Error> {
        let options = GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
        let key = key(workspace, hash);
        let turn = take_turn(self.turns.as_ref()).await;
        let found = self.in_time(self.store.get_opts(&key, options)).await.map_err(failed)?;
        if found.range != range {
            return Err(Error::internal(format!("{key} has {} bytes, too few for {range:?}", found.meta.size)));
        }
        if matches!(found.payload, GetResultPayload::File(..))
            && let Some(share) = self.memory.share(range.end - range.start)
        {
            // A file is read in one go: by the piece, each piece costs a hop to another thread.
            let bytes = share.hold(found.bytes().await.map_err(failed)?);
            return Ok(stream::once(async { Ok(bytes) }).boxed());
        }
        drop(turn);
        let pieces: BoxStream<'static, _> = found.into_stream().map_err(failed).boxed();
        let in_turn = stream::unfold((pieces, self.turns.clone()), async |(mut pieces, turns)| {
            let turn = take_turn(turns.as_ref()).await;
            let piece = pieces.next().await?;
            drop(turn);
            Some((piece, (pieces, turns)))
        });
        Ok(in_turn.boxed())
    }

    /// What is stored under `hash`; `None` when nothing is.
    ///
    /// # Errors
    /// [`Error::Busy`] when the store does not answer.
    pub async fn find(&self, workspace: WorkspaceId, hash: &ContentHash) -> Result<Option<StoredBlob>, Error> {
        match self.in_time(self.store.head(&key(workspace, hash))).await {
            Ok(meta) => Ok(stored_blob(&meta)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Whether the bytes under `hash` still hash to it.
    ///
    /// # Errors
    /// [`Error::Internal`] when they are not there; [`Error::Busy`] when the store does not answer.
    pub async fn is_intact(&self, workspace: WorkspaceId, hash: &ContentHash) -> Result<bool, Error> {
        let found = self.in_time(self.store.get(&key(workspace, hash))).await.map_err(failed)?;
        Ok(sha256(&found.bytes().await.map_err(failed)?) == *hash)
    }

    /// All that is stored. What is not named as we name things is passed over.
    #[must_use]
    pub fn list(&self) -> BoxStream<'static, Result<StoredBlob, Error>> {
        self.store
            .list(None)
            .filter_map(async |meta| match meta {
                Err(error) => Some(Err(failed(error))),
                Ok(meta) => stored_blob(&meta).map(Ok),
            })
            .boxed()
    }

    /// Deletes bytes. That nobody needs them is for the caller to know; that they are gone already is fine.
    ///
    /// # Errors
    /// [`Error::Busy`] when the store does not answer; whether they are deleted is then not known.
    pub async fn delete(&self, workspace: WorkspaceId, hash: &ContentHash) -> Result<(), Error> {
        match self.in_time(self.store.delete(&key(workspace, hash))).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Deletes files that a crash left half-written, if they are no younger than `not_after`; gives how many.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub async fn delete_half_written(&self, not_after: Timestamp) -> Result<u64, Error> {
        let Some(folders) = self.folders.clone() else { return Ok(0) };
        let swept = tokio::task::spawn_blocking(move || leftover::delete(&folders.root, not_after));
        swept.await.map_err(Error::internal)?.map_err(Error::internal)
    }

    async fn in_time<T>(&self, request: impl Future<Output = object_store::Result<T>>) -> object_store::Result<T> {
        tokio::time::timeout(self.within, request).await.unwrap_or_else(|_| {
            let source = format!("no answer within {:?}", self.within).into();
            Err(object_store::Error::Generic { store: "S3", source })
        })
    }
}

/// A turn, if there are turns; it ends when it is dropped.
async fn take_turn(turns: Option<&Arc<Semaphore>>) -> Option<OwnedSemaphorePermit> {
    // They are never closed.
    Arc::clone(turns?).acquire_owned().await.ok()
}

/// `{workspace}/{first two digits}/{hash}`, so that no folder grows too wide.
fn key(workspace: WorkspaceId, hash: &ContentHash) -> Key {
    let name = hex::encode(hash);
    Key::from(format!("{workspace}/{}/{name}", &name[..2]))
}

fn stored_blob(meta: &object_store::ObjectMeta) -> Option<StoredBlob> {
    let mut parts = meta.location.as_ref().split('/');
    let workspace = WorkspaceId(parts.next()?.parse().ok()?);
    let name = parts.nth(1)?;
    let mut hash = [0; 32];
    hex::decode_to_slice(name, &mut hash).ok()?;
    let stored_at = Timestamp(meta.last_modified.timestamp_micros());
    parts.next().is_none().then_some(StoredBlob { workspace, hash, size: meta.size, stored_at })
}
