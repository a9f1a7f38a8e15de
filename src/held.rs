//! Bytes that wait, whole, for those who asked for them. A thousand who ask and do not read must not fill the memory.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The memory for all bytes of a kind that wait.
#[derive(Clone)]
pub struct Memory(Arc<Semaphore>);

impl Memory {
    /// Room for `max_bytes`.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(max_bytes)))
    }

    /// Room for so many bytes, if there is any now.
    #[must_use]
    pub fn share(&self, bytes: u64) -> Option<Share> {
        let permits = u32::try_from(bytes).ok()?;
        Arc::clone(&self.0).try_acquire_many_owned(permits).ok().map(Share)
    }
}

/// A part of the memory.
pub struct Share(#[expect(dead_code, reason = "held until it is dropped")] OwnedSemaphorePermit);

impl Share {
    /// The same bytes, which give the share back when the last of them is sent.
    #[must_use]
    pub fn hold(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Held { bytes, _share: self })
    }
}

struct Held {
    bytes: Bytes,
    _share: Share,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
