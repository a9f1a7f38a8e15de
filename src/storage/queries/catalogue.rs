//! Categories and tags.

use super::{Param, Row, StorageError, Tx, collect, first, statements};
use crate::domain::category::{Category, Tag};
use crate::domain::{CategoryId, TagId, TicketId, Timestamp, WorkspaceId};

statements! {
    CATEGORIES = "SELECT id, name, description, position, active FROM category WHERE workspace_id = $1 ORDER BY position, id";
    ACTIVE_CATEGORY = "SELECT 1 FROM category WHERE workspace_id = $1 AND id = $2 AND active = TRUE";
    CATEGORY_NAMES = "SELECT id, name FROM category WHERE workspace_id = $1";
    INSERT_CATEGORY = "INSERT INTO category (workspace_id, name, description, position, active, created_at)
              SELECT $1, $2, $3, COALESCE(MAX(position), 0) + 1, TRUE, $4 FROM category WHERE workspace_id = $1
              ON CONFLICT (workspace_id, name) DO NOTHING RETURNING id";
    SET_CATEGORY_ACTIVE = "UPDATE category SET active = $1 WHERE workspace_id = $2 AND id = $3";
    SET_CATEGORY_POSITION = "UPDATE category SET position = $1 WHERE workspace_id = $2 AND id = $3";
    LOCK_CATEGORY = "UPDATE category SET active = active WHERE workspace_id = $1 AND id = $2 RETURNING id, name, description, position, active";
    SET_CATEGORY = "UPDATE category SET name = $1, description = $2, active = $3 WHERE workspace_id = $4 AND id = $5";
    TAGS = "SELECT id, tag, keyword, active FROM tag WHERE workspace_id = $1 ORDER BY id";
    ACTIVE_TAG = "SELECT 1 FROM tag WHERE workspace_id = $1 AND id = $2 AND active = TRUE";
    INSERT_TAG = "INSERT INTO tag (workspace_id, tag, keyword, active, created_at) VALUES ($1, $2, $3, TRUE, $4)
              ON CONFLICT (workspace_id, tag) DO NOTHING RETURNING id";
    SET_TAG_ACTIVE = "UPDATE tag SET active = $1 WHERE workspace_id = $2 AND id = $3";
    LOCK_TAG = "UPDATE tag SET active = active WHERE workspace_id = $1 AND id = $2 RETURNING id, tag, keyword, active";
    SET_TAG = "UPDATE tag SET tag = $1, keyword = $2, active = $3 WHERE workspace_id = $4 AND id = $5";
    TAGS_OF_TICKET = "SELECT tag_id FROM ticket_tag WHERE workspace_id = $1 AND ticket_id = $2 ORDER BY tag_id";
    CLEAR_TAGS = "DELETE FROM ticket_tag WHERE workspace_id = $1 AND ticket_id = $2";
    TAG_TICKET = "INSERT INTO ticket_tag (workspace_id, ticket_id, tag_id) VALUES ($1, $2, $3)
              ON CONFLICT (workspace_id, ticket_id, tag_id) DO NOTHING";
}

/// The workspace's categories in their set order, inactive ones included.
pub fn categories(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<Vec<Category>, StorageError> {
    collect(tx, CATEGORIES, &[Param::Int(workspace.0)], read_category)
}

/// The category with this id, which stays as it is until the transaction ends.
pub fn lock_category(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    id: CategoryId,
) -> Result<Option<Category>, StorageError> {
    first(tx, LOCK_CATEGORY, &[Param::Int(workspace.0), Param::Int(id.0)], read_category)
}

/// Changes a category, but for its place.
pub fn set_category(tx: &mut dyn Tx, workspace: WorkspaceId, category: &Category) -> Result<(), StorageError> {
    let params = [
        Param::Text(&category.name),
        Param::Text(&category.description),
        Param::Bool(category.active),
        Param::Int(workspace.0),
        Param::Int(category.id.0),
    ];
    tx.execute_later(SET_CATEGORY, &params)
}

fn read_category(row: &dyn Row) -> Result<Category, StorageError> {
    Ok(Category {
        id: CategoryId(row.int(0)?),
        name: row.text(1)?.to_owned(),
        description: row.text(2)?.to_owned(),
        position: row.int(3)?,
        active: row.bool(4)?,
    })
}

/// Whether new tickets may be opened in this category.
pub fn category_is_active(tx: &mut dyn Tx, workspace: WorkspaceId, id: CategoryId) -> Result<bool, StorageError> {
    let found = first(tx, ACTIVE_CATEGORY, &[Param::Int(workspace.0), Param::Int(id.0)], |_| Ok(()))?;
    Ok(found.is_some())
}

/// What the workspace's categories are called, active or not, in the order of their ids.
pub fn category_names(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<Vec<(CategoryId, String)>, StorageError> {
    let mut names = collect(tx, CATEGORY_NAMES, &[Param::Int(workspace.0)], |row| {
        Ok((CategoryId(row.int(0)?), row.text(1)?.to_owned()))
    })?;
    // They are few, and no index has them in this order.
    names.sort_unstable_by_key(|(id, _)| *id);
    Ok(names)
}

/// Adds a category at the end of the list; `None` when the name is taken.
pub fn insert_category(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    name: &str,
    description: &str,
    at: Timestamp,
) -> Result<Option<CategoryId>, StorageError> {
    let params = [Param::Int(workspace.0), Param::Text(name), Param::Text(description), Param::Int(at.0)];
    first(tx, INSERT_CATEGORY, &params, |row| row.int(0).map(CategoryId))
}

/// Opens or closes a category to new tickets; gives whether it exists.
pub fn set_category_active(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    id: CategoryId,
    active: bool,
) -> Result<bool, StorageError> {
    let params = [Param::Bool(active), Param::Int(workspace.0), Param::Int(id.0)];
    Ok(tx.execute(SET_CATEGORY_ACTIVE, &params)? > 0)
}

/// Moves a category; gives whether it exists.
pub fn set_category_position(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    id: CategoryId,
    position: i64,
) -> Result<bool, StorageError> {
    let params = [Param::Int(position), Param::Int(workspace.0), Param::Int(id.0)];
    Ok(tx.execute(SET_CATEGORY_POSITION, &params)? > 0)
}

/// The workspace's tags, oldest first, inactive ones included.
pub fn tags(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<Vec<Tag>, StorageError> {
    collect(tx, TAGS, &[Param::Int(workspace.0)], read_tag)
}

/// The tag with this id, which stays as it is until the transaction ends.
pub fn lock_tag(tx: &mut dyn Tx, workspace: WorkspaceId, id: TagId) -> Result<Option<Tag>, StorageError> {
    first(tx, LOCK_TAG, &[Param::Int(workspace.0), Param::Int(id.0)], read_tag)
}

/// Changes a tag.
pub fn set_tag(tx: &mut dyn Tx, workspace: WorkspaceId, tag: &Tag) -> Result<(), StorageError> {
    let params = [
        Param::Text(&tag.tag),
        Param::Text(&tag.keyword),
        Param::Bool(tag.active),
        Param::Int(workspace.0),
        Param::Int(tag.id.0),
    ];
    tx.execute_later(SET_TAG, &params)
}

fn read_tag(row: &dyn Row) -> Result<Tag, StorageError> {
    Ok(Tag {
        id: TagId(row.int(0)?),
        tag: row.text(1)?.to_owned(),
        keyword: row.text(2)?.to_owned(),
        active: row.bool(3)?,
    })
}

/// Whether tickets may be given this tag.
pub fn tag_is_active(tx: &mut dyn Tx, workspace: WorkspaceId, id: TagId) -> Result<bool, StorageError> {
    let found = first(tx, ACTIVE_TAG, &[Param::Int(workspace.0), Param::Int(id.0)], |_| Ok(()))?;
    Ok(found.is_some())
}

/// Adds a tag; `None` when there is one of that name.
pub fn insert_tag(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    tag: &str,
    keyword: &str,
    at: Timestamp,
) -> Result<Option<TagId>, StorageError> {
    let params = [Param::Int(workspace.0), Param::Text(tag), Param::Text(keyword), Param::Int(at.0)];
    first(tx, INSERT_TAG, &params, |row| row.int(0).map(TagId))
}

/// Offers a tag for new use, or no longer; gives whether it exists.
pub fn set_tag_active(tx: &mut dyn Tx, workspace: WorkspaceId, id: TagId, active: bool) -> Result<bool, StorageError> {
    let params = [Param::Bool(active), Param::Int(workspace.0), Param::Int(id.0)];
    Ok(tx.execute(SET_TAG_ACTIVE, &params)? > 0)
}

/// The ticket's tags, smallest id first.
pub fn tags_of_ticket(tx: &mut dyn Tx, workspace: WorkspaceId, ticket: TicketId) -> Result<Vec<TagId>, StorageError> {
    collect(tx, TAGS_OF_TICKET, &[Param::Int(workspace.0), Param::Int(ticket.0)], |row| row.int(0).map(TagId))
}

/// Makes `tags` the ticket's tags, instead of those that it had.
pub fn replace_tags_of_ticket(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    ticket: TicketId,
    tags: &[TagId],
) -> Result<(), StorageError> {
    tx.execute_later(CLEAR_TAGS, &[Param::Int(workspace.0), Param::Int(ticket.0)])?;
    for tag in tags {
        tx.execute_later(TAG_TICKET, &[Param::Int(workspace.0), Param::Int(ticket.0), Param::Int(tag.0)])?;
    }
    Ok(())
}
