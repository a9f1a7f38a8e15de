//! The staff keep canned replies: everyone their own, admins those that all share.

use serde_json::{Value, json};

use super::{Unchanged, check_room, refused};
use crate::app::desk::rights::{Right, demand};
use crate::app::manage;
use crate::domain::audit::Entry;
use crate::domain::shortcut::CannedReply;
use crate::domain::user::Requester;
use crate::domain::{CannedReplyId, Error, Timestamp, text};
use crate::storage::Tx;
use crate::storage::queries::{audit, canned_replies};

/// The longest shortcut, in characters.
pub const SHORTCUT_MAX_CHARS: usize = 50;

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct CannedReplyChange {
    pub shortcut: Option<String>,
    pub body: Option<String>,
}

/// Everybody's canned replies and the caller's own, by shortcut.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn list(tx: &mut dyn Tx, staff: &Requester) -> Result<Vec<CannedReply>, Error> {
    demand(staff, Right::ReadTickets)?;
    Ok(canned_replies::list(tx, staff.workspace, staff.user)?)
}

/// One canned reply.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::NotFound`], also when it is another's own.
pub fn read(tx: &mut dyn Tx, staff: &Requester, id: CannedReplyId) -> Result<CannedReply, Error> {
    demand(staff, Right::ReadTickets)?;
    within_reach(staff, canned_replies::by_id(tx, staff.workspace, id)?)
}

/// Adds a canned reply, for everybody or for the caller alone.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::Invalid`]; [`Error::Conflict`] when the shortcut is taken, or there are too many.
pub fn add(
    tx: &mut dyn Tx,
    staff: &Requester,
    shared: bool,
    shortcut: &str,
    body: &str,
    at: Timestamp,
) -> Result<CannedReply, Error> {
    let owner = Some(staff.user).filter(|_| !shared);
    check(staff, shared)?;
    let shortcut = checked(shortcut)?;
    let all = canned_replies::list(tx, staff.workspace, staff.user)?;
    check_room(all.iter().filter(|reply| reply.owner == owner).count())?;
    let id = canned_replies::insert(tx, staff.workspace, owner, &shortcut, body, at)?
        .ok_or_else(|| manage::taken("canned reply", &shortcut))?;
    let reply = CannedReply { id, owner, shortcut, body: body.to_owned(), created_at: at };
    audit::append(tx, &Entry::added(staff, at, "canned_reply.added", id.0, told(&reply)))?;
    Ok(reply)
}

/// Changes a canned reply.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::ChangedSince`]; [`Error::NotFound`], also when it is another's own; [`Error::Invalid`];
/// [`Error::Conflict`] when the shortcut is taken.
pub fn change(
    tx: &mut dyn Tx,
    staff: &Requester,
    id: CannedReplyId,
    change: &CannedReplyChange,
    unchanged: Unchanged<'_, CannedReply>,
    at: Timestamp,
) -> Result<CannedReply, Error> {
    let before = to_change(tx, staff, id)?;
    unchanged(&before)?;
    let after = CannedReply {
        shortcut: change.shortcut.as_deref().map_or(Ok(before.shortcut.clone()), checked)?,
        body: change.body.clone().unwrap_or_else(|| before.body.clone()),
        ..before.clone()
    };
    if after == before {
        return Ok(after);
    }
    let all = canned_replies::list(tx, staff.workspace, staff.user)?;
    let same = |other: &CannedReply| other.owner == after.owner && other.shortcut == after.shortcut;
    if all.iter().any(|other| other.id != id && same(other)) {
        return Err(manage::taken("canned reply", &after.shortcut));
    }
    canned_replies::set(tx, staff.workspace, &after)?;
    audit::append(tx, &Entry::changed(staff, at, "canned_reply.changed", id.0, &told(&before), &told(&after)))?;
    Ok(after)
}

/// Deletes a canned reply.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::ChangedSince`]; [`Error::NotFound`], also when it is another's own.
pub fn remove(
    tx: &mut dyn Tx,
    staff: &Requester,
    id: CannedReplyId,
    unchanged: Unchanged<'_, CannedReply>,
    at: Timestamp,
) -> Result<(), Error> {
    let reply = to_change(tx, staff, id)?;
    unchanged(&reply)?;
    canned_replies::delete(tx, staff.workspace, id)?;
    audit::append(tx, &Entry::removed(staff, at, "canned_reply.removed", id.0, told(&reply)))?;
    Ok(())
}

/// The canned reply, which the caller may change, and which stays as it is until the transaction ends.
fn to_change(tx: &mut dyn Tx, staff: &Requester, id: CannedReplyId) -> Result<CannedReply, Error> {
    demand(staff, Right::ReadTickets)?;
    let reply = within_reach(staff, canned_replies::lock(tx, staff.workspace, id)?)?;
    check(staff, reply.owner.is_none())?;
    Ok(reply)
}

/// Whether `staff` may add and change a canned reply that everybody shares, or one of their own.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn check(staff: &Requester, shared: bool) -> Result<(), Error> {
    demand(staff, if shared { Right::ManageShared } else { Right::WriteCannedReplies })
}

/// What is another's own is not there.
fn within_reach(staff: &Requester, found: Option<CannedReply>) -> Result<CannedReply, Error> {
    found.filter(|reply| reply.owner.is_none_or(|owner| owner == staff.user)).ok_or(Error::NotFound)
}

/// A shortcut is typed as one word.
fn checked(shortcut: &str) -> Result<String, Error> {
    let characters = shortcut.chars().count();
    let is_word = !shortcut.chars().any(|c| text::is_space(c) || c.is_control());
    if is_word && (1..=SHORTCUT_MAX_CHARS).contains(&characters) {
        return Ok(shortcut.to_owned());
    }
    Err(refused("shortcut", &format!("it must be one word of {SHORTCUT_MAX_CHARS} characters at the most")))
}

fn told(reply: &CannedReply) -> Value {
    json!({ "shortcut": reply.shortcut, "body": reply.body, "shared": reply.owner.is_none() })
}
