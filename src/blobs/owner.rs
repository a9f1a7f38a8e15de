//! Whose the bytes are: one installation's alone, noted beside them, as it was when it last swept. Another that sees them too,
//! because it was restored from a backup and has the same settings, may read and add, but must not delete what none of its
//! own tickets names; nor may the same one when its database was put back to an earlier moment.

use object_store::path::Path as Key;
use object_store::{ObjectStore as _, ObjectStoreExt as _, PutMode, PutPayload};

use super::Blobs;
use super::failure::{failed, has_no_conditional_put};
use crate::domain::Error;
use crate::domain::installation::Installation;

/// No workspace is called that.
const NOTE: &str = "installation";

impl Blobs {
    /// Whose the bytes are, if anybody has said so.
    ///
    /// # Errors
    /// [`Error::Busy`] when the store does not answer.
    pub async fn owner(&self) -> Result<Option<Installation>, Error> {
        let read = async { self.store.get(&Key::from(NOTE)).await?.bytes().await };
        match self.in_time(read).await {
            Ok(bytes) => Ok(Some(read_note(&String::from_utf8_lossy(&bytes)))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Says that the bytes are `installation`'s, unless somebody has said otherwise.
    ///
    /// # Errors
    /// [`Error::Busy`] when the store does not answer.
    pub async fn offer_to(&self, installation: &Installation) -> Result<(), Error> {
        let key = Key::from(NOTE);
        match self.in_time(self.store.put_opts(&key, note(installation), PutMode::Create.into())).await {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
            Err(error) if has_no_conditional_put(&error) => self.give_to(installation).await,
            Err(error) => Err(failed(error)),
        }
    }

    /// Says that the bytes are `installation`'s from now on.
    ///
    /// # Errors
    /// [`Error::Busy`] when the store does not answer.
    pub async fn give_to(&self, installation: &Installation) -> Result<(), Error> {
        self.in_time(self.store.put(&Key::from(NOTE), note(installation))).await.map(drop).map_err(failed)
    }
}

fn note(installation: &Installation) -> PutPayload {
    format!("{} {}\n", installation.identity, installation.sweeps).into()
}

/// What cannot be read is nobody's.
fn read_note(text: &str) -> Installation {
    let (identity, sweeps) = text.trim().split_once(' ').unwrap_or_default();
    Installation { identity: identity.to_owned(), sweeps: sweeps.parse().unwrap_or(i64::MAX) }
}
