//! Whether the attachments' bytes are this installation's, so that it may delete what none of its tickets names.

use crate::app::installation::{count_sweep, installation, renew_identity};
use crate::blobs::Blobs;
use crate::domain::entropy::random_bytes;
use crate::domain::{Entropy, Error};
use crate::storage::Store;

/// What is said to an operator whose installation may not delete.
pub const NOT_OURS: &str = "the store of attachments is another installation's, or has been swept by this one at a later \
     moment than its database is of; nothing is deleted from it. If what it belonged to is gone for good, run `ferrodesk \
     claim-blobs`, else give this installation a store of its own";

/// Whether the bytes are this installation's; they become so if they were nobody's.
///
/// # Errors
/// When the database or the store does not answer.
pub async fn is_ours(store: &Store, blobs: &Blobs) -> Result<bool, Error> {
    let mut owner = blobs.owner().await?;
    if owner.is_none() {
        blobs.offer_to(&store.read(installation).await?).await?;
        owner = blobs.owner().await?;
    }
    // Read after the note: servers that sweep at once count in the database first.
    let ours = store.read(installation).await?;
    Ok(owner.is_some_and(|owner| owner.identity == ours.identity && owner.sweeps <= ours.sweeps))
}

/// Whether the bytes may be swept, which is noted in the database and beside the bytes.
///
/// # Errors
/// When the database or the store does not answer.
pub async fn begin_sweep(store: &Store, blobs: &Blobs) -> Result<bool, Error> {
    let is_ours = is_ours(store, blobs).await?;
    if is_ours {
        let ours = store.write(count_sweep).await?;
        blobs.give_to(&ours).await?;
    }
    Ok(is_ours)
}

/// Makes this database another installation than the one that it is a copy of, whose the bytes stay.
///
/// # Errors
/// When the database does not answer.
pub async fn disclaim(store: &Store, entropy: &dyn Entropy) -> Result<(), Error> {
    let fresh = hex::encode(random_bytes::<16>(entropy));
    store.write(move |tx| renew_identity(tx, &fresh)).await
}

/// Makes the bytes this installation's, whosever they were.
///
/// # Errors
/// When the database or the store does not answer.
pub async fn claim(store: &Store, blobs: &Blobs) -> Result<(), Error> {
    let ours = store.read(installation).await?;
    blobs.give_to(&ours).await
}
