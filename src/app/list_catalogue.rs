//! Endpoints 1 and 4: what tickets are opened in and tagged with.

use crate::domain::Error;
use crate::domain::category::{Category, Tag};
use crate::domain::user::Application;
use crate::storage::Tx;
use crate::storage::queries::catalogue;

/// The categories that tickets may be opened in, in their set order.
///
/// # Errors
/// When the database fails.
pub fn list_categories(tx: &mut dyn Tx, application: Application) -> Result<Vec<Category>, Error> {
    let mut categories = catalogue::categories(tx, application.workspace)?;
    categories.retain(|category| category.active);
    Ok(categories)
}

/// The tags that tickets may be given.
///
/// # Errors
/// When the database fails.
pub fn list_tags(tx: &mut dyn Tx, application: Application) -> Result<Vec<Tag>, Error> {
    let mut tags = catalogue::tags(tx, application.workspace)?;
    tags.retain(|tag| tag.active);
    Ok(tags)
}
