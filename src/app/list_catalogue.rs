//! Endpoints 1 and 4: what tickets are opened in and tagged with.

use crate::domain::category::{Category, Tag};
use crate::domain::{Error, WorkspaceId};
use crate::storage::Tx;
use crate::storage::queries::catalogue;

/// The categories that tickets may be opened in, in their set order.
///
/// # Errors
/// When the database fails.
pub fn list_categories(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<Vec<Category>, Error> {
    let mut categories = catalogue::categories(tx, workspace)?;
    categories.retain(|category| category.active);
    Ok(categories)
}

/// The tags that tickets may be given.
///
/// # Errors
/// When the database fails.
pub fn list_tags(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<Vec<Tag>, Error> {
    let mut tags = catalogue::tags(tx, workspace)?;
    tags.retain(|tag| tag.active);
    Ok(tags)
}
