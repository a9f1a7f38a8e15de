//! The staff manage tags. There is no way to delete one: tickets have it.

use serde_json::{Value, json};

use super::{Unchanged, named};
use crate::app::desk::rights::{Right, demand};
use crate::app::manage::{self, catalogue as rules};
use crate::domain::audit::Entry;
use crate::domain::category::Tag;
use crate::domain::user::Requester;
use crate::domain::{Error, TagId, Timestamp};
use crate::storage::Tx;
use crate::storage::queries::{audit, catalogue};

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct TagChange {
    pub tag: Option<String>,
    pub keyword: Option<String>,
    pub active: Option<bool>,
}

/// All tags, oldest first, inactive ones included.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn list(tx: &mut dyn Tx, staff: &Requester) -> Result<Vec<Tag>, Error> {
    demand(staff, Right::ReadTickets)?;
    Ok(catalogue::tags(tx, staff.workspace)?)
}

/// One tag.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`].
pub fn read(tx: &mut dyn Tx, staff: &Requester, id: TagId) -> Result<Tag, Error> {
    list(tx, staff)?.into_iter().find(|tag| tag.id == id).ok_or(Error::NotFound)
}

/// Adds a tag.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Invalid`]; [`Error::Conflict`] when there is one of that name.
pub fn add(tx: &mut dyn Tx, staff: &Requester, tag: &str, keyword: &str, at: Timestamp) -> Result<Tag, Error> {
    demand(staff, Right::ManageCatalogue)?;
    let tag = named("tag", "tag", tag)?;
    let keyword = named("keyword", "keyword", keyword)?;
    let id = rules::add_tag(tx, staff.workspace, &tag, &keyword, at)?;
    let tag = Tag { id, tag, keyword, active: true };
    audit::append(tx, &Entry::added(staff, at, "tag.added", id.0, told(&tag)))?;
    Ok(tag)
}

/// Changes a tag.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`], [`Error::ChangedSince`]; [`Error::Invalid`]; [`Error::Conflict`] when there
/// is one of that name.
pub fn change(
    tx: &mut dyn Tx,
    staff: &Requester,
    id: TagId,
    change: &TagChange,
    unchanged: Unchanged<'_, Tag>,
    at: Timestamp,
) -> Result<Tag, Error> {
    demand(staff, Right::ManageCatalogue)?;
    let before = catalogue::lock_tag(tx, staff.workspace, id)?.ok_or(Error::NotFound)?;
    unchanged(&before)?;
    let after = Tag {
        id,
        tag: change.tag.as_ref().map_or(Ok(before.tag.clone()), |tag| named("tag", "tag", tag))?,
        keyword: change
            .keyword
            .as_ref()
            .map_or(Ok(before.keyword.clone()), |keyword| named("keyword", "keyword", keyword))?,
        active: change.active.unwrap_or(before.active),
    };
    if after == before {
        return Ok(after);
    }
    let all = catalogue::tags(tx, staff.workspace)?;
    if all.iter().any(|other| other.id != id && other.tag == after.tag) {
        return Err(manage::taken("tag", &after.tag));
    }
    catalogue::set_tag(tx, staff.workspace, &after)?;
    tx.bump_revision()?;
    audit::append(tx, &Entry::changed(staff, at, "tag.changed", id.0, &told(&before), &told(&after)))?;
    Ok(after)
}

fn told(tag: &Tag) -> Value {
    json!({ "tag": tag.tag, "keyword": tag.keyword, "active": tag.active })
}
