//! Categories and tags.

use super::{named, taken};
use crate::domain::category::{Category, Tag};
use crate::domain::{CategoryId, Error, TagId, Timestamp, WorkspaceId};
use crate::storage::Tx;
use crate::storage::queries::catalogue;

/// Adds a category at the end of the list.
///
/// # Errors
/// When the name is empty or taken.
pub fn add_category(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    name: &str,
    description: &str,
    at: Timestamp,
) -> Result<CategoryId, Error> {
    let name = named("category's name", name)?;
    let id =
        catalogue::insert_category(tx, workspace, &name, description, at)?.ok_or_else(|| taken("category", &name))?;
    tx.bump_revision()?;
    Ok(id)
}

/// The workspace's categories in their set order, inactive ones included.
///
/// # Errors
/// When the database fails.
pub fn categories(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<Vec<Category>, Error> {
    Ok(catalogue::categories(tx, workspace)?)
}

/// Opens a category to new tickets, or closes it to them.
///
/// # Errors
/// When there is no such category.
pub fn set_category_active(tx: &mut dyn Tx, workspace: WorkspaceId, id: CategoryId, active: bool) -> Result<(), Error> {
    if !catalogue::set_category_active(tx, workspace, id, active)? {
        return Err(no_category(id));
    }
    tx.bump_revision()?;
    Ok(())
}

/// Puts the categories in `order`; those that it does not name follow in the order that they had.
///
/// # Errors
/// When `order` names a category that there is not.
pub fn reorder_categories(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    order: &[CategoryId],
) -> Result<Vec<Category>, Error> {
    let known = catalogue::categories(tx, workspace)?;
    if let Some(missing) = order.iter().find(|id| known.iter().all(|category| category.id != **id)) {
        return Err(no_category(*missing));
    }
    let rest = known.iter().map(|category| category.id).filter(|id| !order.contains(id));
    for (position, id) in (1..).zip(order.iter().copied().chain(rest)) {
        catalogue::set_category_position(tx, workspace, id, position)?;
    }
    tx.bump_revision()?;
    Ok(catalogue::categories(tx, workspace)?)
}

/// Adds a tag.
///
/// # Errors
/// When the tag is empty or there already.
pub fn add_tag(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    tag: &str,
    keyword: &str,
    at: Timestamp,
) -> Result<TagId, Error> {
    let tag = named("tag", tag)?;
    let keyword = named("keyword", keyword)?;
    let id = catalogue::insert_tag(tx, workspace, &tag, &keyword, at)?.ok_or_else(|| taken("tag", &tag))?;
    tx.bump_revision()?;
    Ok(id)
}

/// The workspace's tags, oldest first, inactive ones included.
///
/// # Errors
/// When the database fails.
pub fn tags(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<Vec<Tag>, Error> {
    Ok(catalogue::tags(tx, workspace)?)
}

/// Offers a tag for new use, or no longer.
///
/// # Errors
/// When there is no such tag.
pub fn set_tag_active(tx: &mut dyn Tx, workspace: WorkspaceId, id: TagId, active: bool) -> Result<(), Error> {
    if !catalogue::set_tag_active(tx, workspace, id, active)? {
        return Err(Error::Misuse(format!(
            "there is no tag {id} in this workspace: `ferrodesk tag list` shows those there are"
        )));
    }
    tx.bump_revision()?;
    Ok(())
}

fn no_category(id: CategoryId) -> Error {
    Error::Misuse(format!(
        "there is no category {id} in this workspace: `ferrodesk category list` shows those there are"
    ))
}
