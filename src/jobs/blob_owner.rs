//! Whether the attachments' bytes are this installation's, so that it may delete what none of its tickets names.

use crate::app::installation::identity;
use crate::blobs::Blobs;
use crate::domain::Error;
use crate::storage::Store;

/// What is said to an operator whose installation may not delete.
pub const ANOTHERS: &str = "the store of attachments is another installation's, so nothing is swept from it; if that one is \
     gone for good, run `ferrodesk claim-blobs`, else give this one a store of its own";

/// Whether the bytes are this installation's; they become so if they were nobody's.
///
/// # Errors
/// When the database or the store does not answer.
pub async fn is_ours(store: &Store, blobs: &Blobs) -> Result<bool, Error> {
    let ours = store.read(identity).await?;
    Ok(blobs.owner_or(&ours).await? == ours)
}

/// Makes the bytes this installation's, whosever they were.
///
/// # Errors
/// When the database or the store does not answer.
pub async fn claim(store: &Store, blobs: &Blobs) -> Result<(), Error> {
    let ours = store.read(identity).await?;
    blobs.give_to(&ours).await
}
