//! The staff manage categories. There is no way to delete one: tickets refer to it.

use serde_json::{Value, json};

use super::{Unchanged, named};
use crate::app::desk::rights::{Right, demand};
use crate::app::manage::{self, catalogue as rules};
use crate::domain::audit::Entry;
use crate::domain::category::Category;
use crate::domain::user::Requester;
use crate::domain::{CategoryId, Error, Timestamp, WorkspaceId};
use crate::storage::Tx;
use crate::storage::queries::{audit, catalogue, workspaces};

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct CategoryChange {
    pub name: Option<String>,
    pub description: Option<String>,
    pub active: Option<bool>,
    /// Its place in the list, 1 being the first; the others make room.
    pub place: Option<usize>,
}

/// All categories in their set order, inactive ones included.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn list(tx: &mut dyn Tx, staff: &Requester) -> Result<Vec<Category>, Error> {
    demand(staff, Right::ReadTickets)?;
    Ok(catalogue::categories(tx, staff.workspace)?)
}

/// One category.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`].
pub fn read(tx: &mut dyn Tx, staff: &Requester, id: CategoryId) -> Result<Category, Error> {
    list(tx, staff)?.into_iter().find(|category| category.id == id).ok_or(Error::NotFound)
}

/// Adds a category at the end of the list.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Invalid`]; [`Error::Conflict`] when the name is taken.
pub fn add(
    tx: &mut dyn Tx,
    staff: &Requester,
    name: &str,
    description: &str,
    at: Timestamp,
) -> Result<Category, Error> {
    demand(staff, Right::ManageCatalogue)?;
    let name = named("name", "name", name)?;
    let id = rules::add_category(tx, staff.workspace, &name, description, at)?;
    let category = read(tx, staff, id)?;
    audit::append(tx, &Entry::added(staff, at, "category.added", id.0, told(&category)))?;
    Ok(category)
}

/// Changes a category.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`], [`Error::ChangedSince`]; [`Error::Invalid`]; [`Error::Conflict`] when the
/// name is taken.
pub fn change(
    tx: &mut dyn Tx,
    staff: &Requester,
    id: CategoryId,
    change: &CategoryChange,
    unchanged: Unchanged<'_, Category>,
    at: Timestamp,
) -> Result<Category, Error> {
    demand(staff, Right::ManageCatalogue)?;
    // Places are of the list as a whole, so changes of the list take turns.
    workspaces::lock(tx, staff.workspace)?;
    let before = catalogue::lock_category(tx, staff.workspace, id)?.ok_or(Error::NotFound)?;
    unchanged(&before)?;
    let after = Category {
        name: change.name.as_ref().map_or(Ok(before.name.clone()), |name| named("name", "name", name))?,
        description: change.description.clone().unwrap_or_else(|| before.description.clone()),
        active: change.active.unwrap_or(before.active),
        ..before.clone()
    };
    let all = catalogue::categories(tx, staff.workspace)?;
    if all.iter().any(|other| other.id != id && other.name == after.name) {
        return Err(manage::taken("category", &after.name));
    }
    if after != before {
        catalogue::set_category(tx, staff.workspace, &after)?;
        tx.bump_revision()?;
    }
    if let Some(place) = change.place {
        move_to(tx, staff.workspace, &all, id, place)?;
    }
    let after = read(tx, staff, id)?;
    if after != before {
        let entry = Entry::changed(staff, at, "category.changed", id.0, &told(&before), &told(&after));
        audit::append(tx, &entry)?;
    }
    Ok(after)
}

fn move_to(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    all: &[Category],
    id: CategoryId,
    place: usize,
) -> Result<(), Error> {
    let mut order: Vec<CategoryId> = all.iter().map(|category| category.id).filter(|other| *other != id).collect();
    order.insert(place.saturating_sub(1).min(order.len()), id);
    if all.iter().map(|category| category.id).eq(order.iter().copied()) {
        return Ok(());
    }
    rules::reorder_categories(tx, workspace, &order).map(drop)
}

fn told(category: &Category) -> Value {
    json!({
        "name": category.name,
        "description": category.description,
        "active": category.active,
        "position": category.position,
    })
}
