//! Attachments' bytes: stored by workspace and content hash, durable before the row that names them commits.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt as _};
use tokio::sync::{OwnedRwLockReadGuard, RwLock};

use crate::domain::attachment::ContentHash;
use crate::domain::{Error, Timestamp, WorkspaceId};
use crate::identity::apikey::sha256;

/// Where the bytes are. Cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// Held for reading from before bytes are stored until their row has committed, and for writing while an orphan is
    /// deleted: so that what looks like an orphan is one.
    sweeping: Arc<RwLock<()>>,
}

/// Says that bytes are being stored whose row has not committed yet. Drop it after the commit.
pub struct Uploading(#[expect(dead_code, reason = "held for its drop")] OwnedRwLockReadGuard<()>);

/// Stored bytes, as a listing shows them.
#[derive(Clone, Copy, Debug)]
pub struct StoredBlob {
    pub workspace: WorkspaceId,
    pub hash: ContentHash,
    /// Bytes.
    pub size: u64,
    pub stored_at: Timestamp,
}

impl Blobs {
    /// Bytes in files below `folder`. File and folder are synced to disk before [`Blobs::put`] returns.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn local(folder: &Path) -> std::io::Result<Self> {
        // Attachments are nobody else's business, whatever the folder above allows.
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            std::fs::File::open(parent)?.sync_all()?;
        }
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self::on(Arc::new(store)))
    }

    /// Bytes in memory, for tests.
    #[must_use]
    pub fn memory() -> Self {
        Self::on(Arc::new(InMemory::new()))
    }

    fn on(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, sweeping: Arc::new(RwLock::new(())) }
    }

    /// To be held from before [`Blobs::put`] until the row that names the bytes has committed.
    pub async fn uploading(&self) -> Uploading {
        Uploading(self.sweeping.clone().read_owned().await)
    }

    /// Stores `bytes`, which hash to `hash`. They are durable when this returns. Storing the same bytes again is fine.
    ///
    /// # Errors
    /// [`Error::Busy`] when they cannot be stored, for want of space, say.
    pub async fn put(&self, workspace: WorkspaceId, hash: &ContentHash, bytes: Bytes) -> Result<(), Error> {
        self.store.put(&key(workspace, hash), bytes.into()).await.map_err(|error| {
            tracing::error!(%error, "an attachment could not be stored");
            Error::Busy { retry_after: crate::storage::RETRY_AFTER }
        })?;
        Ok(())
    }

    /// The bytes from `start` up to, not including, `end`.
    ///
    /// # Errors
    /// [`Error::Internal`] when they are not there, which no sequence of requests should bring about.
    pub async fn get(
        &self,
        workspace: WorkspaceId,
        hash: &ContentHash,
        range: std::ops::Range<u64>,
    ) -> Result<Bytes, Error> {
        self.store.get_range(&key(workspace, hash), range).await.map_err(Error::internal)
    }

    /// How many bytes are stored under `hash`; `None` when none are.
    ///
    /// # Errors
    /// [`Error::Internal`] when the store does not answer.
    pub async fn size(&self, workspace: WorkspaceId, hash: &ContentHash) -> Result<Option<u64>, Error> {
        match self.store.head(&key(workspace, hash)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Error::internal(error)),
        }
    }

    /// Whether the bytes under `hash` still hash to it.
    ///
    /// # Errors
    /// [`Error::Internal`] when they cannot be read.
    pub async fn is_intact(&self, workspace: WorkspaceId, hash: &ContentHash) -> Result<bool, Error> {
        let bytes = self.store.get(&key(workspace, hash)).await.map_err(Error::internal)?;
        let bytes = bytes.bytes().await.map_err(Error::internal)?;
        Ok(sha256(&bytes) == *hash)
    }

    /// All that is stored. What is not named as we name things is passed over.
    #[must_use]
    pub fn list(&self) -> BoxStream<'static, Result<StoredBlob, Error>> {
        self.store
            .list(None)
            .filter_map(|meta| async {
                match meta {
                    Err(error) => Some(Err(Error::internal(error))),
                    Ok(meta) => {
                        let (workspace, hash) = parse_key(&meta.location)?;
                        let stored_at = Timestamp(meta.last_modified.timestamp_micros());
                        Some(Ok(StoredBlob { workspace, hash, size: meta.size, stored_at }))
                    }
                }
            })
            .boxed()
    }

    /// Deletes bytes that `is_orphan` says nobody needs, while nothing is being uploaded. They must also have been
    /// stored no later than `not_after`.
    ///
    /// # Errors
    /// What `is_orphan` gives, and [`Error::Internal`] when the store does not answer.
    pub async fn delete_orphan(
        &self,
        blob: &StoredBlob,
        not_after: Timestamp,
        is_orphan: impl AsyncFnOnce() -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        let _nobody_uploads = self.sweeping.write().await;
        let key = key(blob.workspace, &blob.hash);
        let meta = match self.store.head(&key).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(false),
            other => other.map_err(Error::internal)?,
        };
        if meta.last_modified.timestamp_micros() > not_after.0 || !is_orphan().await? {
            return Ok(false);
        }
        self.store.delete(&key).await.map_err(Error::internal)?;
        Ok(true)
    }
}

/// `{workspace}/{first two digits}/{hash}`, so that no folder grows too wide.
fn key(workspace: WorkspaceId, hash: &ContentHash) -> Key {
    let name = hex::encode(hash);
    Key::from(format!("{workspace}/{}/{name}", &name[..2]))
}

fn parse_key(key: &Key) -> Option<(WorkspaceId, ContentHash)> {
    let mut parts = key.as_ref().split('/');
    let workspace = WorkspaceId(parts.next()?.parse().ok()?);
    let name = parts.nth(1)?;
    let mut hash = [0; 32];
    hex::decode_to_slice(name, &mut hash).ok()?;
    parts.next().is_none().then_some((workspace, hash))
}
