//! The staff keep views: everyone their own, admins those that all share.

use serde_json::{Value, json};

use super::{Unchanged, check_room, named};
use crate::app::desk::rights::{Right, demand};
use crate::domain::audit::Entry;
use crate::domain::shortcut::SavedView;
use crate::domain::user::Requester;
use crate::domain::{Error, SavedViewId, Timestamp};
use crate::storage::Tx;
use crate::storage::queries::{audit, saved_views};

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct ViewChange {
    pub name: Option<String>,
    /// A query of the list of tickets that can be read.
    pub query: Option<String>,
}

/// Everybody's views and then the caller's own, each oldest first.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn list(tx: &mut dyn Tx, staff: &Requester) -> Result<Vec<SavedView>, Error> {
    demand(staff, Right::ReadTickets)?;
    let mut views = saved_views::list(tx, staff.workspace, staff.user)?;
    views.sort_by_key(|view| (!view.shared, view.id));
    Ok(views)
}

/// One view.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::NotFound`], also when it is another's own.
pub fn read(tx: &mut dyn Tx, staff: &Requester, id: SavedViewId) -> Result<SavedView, Error> {
    demand(staff, Right::ReadTickets)?;
    within_reach(staff, saved_views::by_id(tx, staff.workspace, id)?)
}

/// Saves a view, for everybody or for the caller alone.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Invalid`]; [`Error::Conflict`] when there are too many.
pub fn add(
    tx: &mut dyn Tx,
    staff: &Requester,
    shared: bool,
    name: &str,
    query: &str,
    at: Timestamp,
) -> Result<SavedView, Error> {
    check(staff, shared)?;
    let name = named("name", "name", name)?;
    let all = saved_views::list(tx, staff.workspace, staff.user)?;
    check_room(all.iter().filter(|view| view.shared == shared).count())?;
    let id = saved_views::insert(tx, staff.workspace, staff.user, shared, &name, query, at)?;
    let view = SavedView { id, owner: staff.user, shared, name, query: query.to_owned(), created_at: at };
    audit::append(tx, &Entry::added(staff, at, "view.added", id.0, told(&view)))?;
    Ok(view)
}

/// Changes a view.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::ChangedSince`]; [`Error::NotFound`], also when it is another's own; [`Error::Invalid`].
pub fn change(
    tx: &mut dyn Tx,
    staff: &Requester,
    id: SavedViewId,
    change: &ViewChange,
    unchanged: Unchanged<'_, SavedView>,
    at: Timestamp,
) -> Result<SavedView, Error> {
    let before = to_change(tx, staff, id)?;
    unchanged(&before)?;
    let after = SavedView {
        name: change.name.as_ref().map_or(Ok(before.name.clone()), |name| named("name", "name", name))?,
        query: change.query.clone().unwrap_or_else(|| before.query.clone()),
        ..before.clone()
    };
    if after != before {
        saved_views::set(tx, staff.workspace, &after)?;
        audit::append(tx, &Entry::changed(staff, at, "view.changed", id.0, &told(&before), &told(&after)))?;
    }
    Ok(after)
}

/// Deletes a view.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::ChangedSince`]; [`Error::NotFound`], also when it is another's own.
pub fn remove(
    tx: &mut dyn Tx,
    staff: &Requester,
    id: SavedViewId,
    unchanged: Unchanged<'_, SavedView>,
    at: Timestamp,
) -> Result<(), Error> {
    let view = to_change(tx, staff, id)?;
    unchanged(&view)?;
    saved_views::delete(tx, staff.workspace, id)?;
    audit::append(tx, &Entry::removed(staff, at, "view.removed", id.0, told(&view)))?;
    Ok(())
}

/// The view, which the caller may change, and which stays as it is until the transaction ends.
fn to_change(tx: &mut dyn Tx, staff: &Requester, id: SavedViewId) -> Result<SavedView, Error> {
    demand(staff, Right::ReadTickets)?;
    let view = within_reach(staff, saved_views::lock(tx, staff.workspace, id)?)?;
    check(staff, view.shared)?;
    Ok(view)
}

/// Whether `staff` may add and change a view that everybody shares, or one of their own.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn check(staff: &Requester, shared: bool) -> Result<(), Error> {
    demand(staff, if shared { Right::ManageShared } else { Right::KeepOwn })
}

/// What is another's own is not there.
fn within_reach(staff: &Requester, found: Option<SavedView>) -> Result<SavedView, Error> {
    found.filter(|view| view.shared || view.owner == staff.user).ok_or(Error::NotFound)
}

fn told(view: &SavedView) -> Value {
    json!({ "name": view.name, "query": view.query, "shared": view.shared })
}
