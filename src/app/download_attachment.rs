//! Endpoint 7: a customer fetches a file.

use crate::domain::attachment::StoredFile;
use crate::domain::user::Requester;
use crate::domain::{AttachmentId, Error};
use crate::storage::Tx;
use crate::storage::queries::attachments;

/// Where the bytes of attachment `id` are, and what to call them.
///
/// # Errors
/// [`Error::NotFound`], one and the same, when there is no such attachment, it is on another's ticket, or on an
/// internal note.
pub fn download_attachment(tx: &mut dyn Tx, caller: &Requester, id: Option<AttachmentId>) -> Result<StoredFile, Error> {
    let id = id.ok_or(Error::NotFound)?;
    attachments::visible_to_requester(tx, caller.workspace, caller.user, id)?.ok_or(Error::NotFound)
}
