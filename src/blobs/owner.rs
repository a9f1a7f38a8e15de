//! Whose the bytes are: one installation's alone, noted beside them. Another that sees them too, because it was restored from
//! a backup and has the same settings, may read and add, but must not delete what none of its own tickets names.

use object_store::path::Path as Key;
use object_store::{ObjectStore as _, ObjectStoreExt as _, PutMode};

use super::failure::{failed, has_no_conditional_put};
use super::Blobs;
use crate::domain::Error;

/// No workspace is called that.
const NOTE: &str = "installation";

impl Blobs {
    /// Whose the bytes are, if anybody has said so.
    ///
    /// # Errors
    /// [`Error::Busy`] when the store does not answer.
    pub async fn owner(&self) -> Result<Option<String>, Error> {
        let read = async { self.store.get(&Key::from(NOTE)).await?.bytes().await };
        match self.in_time(read).await {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Whose the bytes are: `installation`'s, if nobody has said so before.
    ///
    /// # Errors
    /// [`Error::Busy`] when the store does not answer.
    pub async fn owner_or(&self, installation: &str) -> Result<String, Error> {
        if let Some(owner) = self.owner().await? {
            return Ok(owner);
        }
        let note = installation.to_owned().into();
        match self.in_time(self.store.put_opts(&Key::from(NOTE), note, PutMode::Create.into())).await {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => {}
            Err(error) if has_no_conditional_put(&error) => self.give_to(installation).await?,
            Err(error) => return Err(failed(error)),
        }
        // Of two who say so at once, one was heard.
        Ok(self.owner().await?.unwrap_or_default())
    }

    /// Says that the bytes are `installation`'s from now on.
    ///
    /// # Errors
    /// [`Error::Busy`] when the store does not answer.
    pub async fn give_to(&self, installation: &str) -> Result<(), Error> {
        let note = installation.to_owned().into();
        self.in_time(self.store.put(&Key::from(NOTE), note)).await.map(drop).map_err(failed)
    }
}
