//! Who changed what of a workspace itself, for ever.

use serde_json::{Map, Value};

use super::user::Requester;
use super::{Timestamp, UserId, WorkspaceId};

/// One change, as it is recorded in the transaction that makes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub workspace: WorkspaceId,
    /// Who did it.
    pub actor: UserId,
    pub at: Timestamp,
    /// What was done to what kind of thing, such as `team.changed`.
    pub kind: &'static str,
    /// The id of the thing that it was done to.
    pub subject: i64,
    /// What was so before; never a secret.
    pub before: Option<Value>,
    /// What is so now; never a secret.
    pub after: Option<Value>,
}

impl Entry {
    /// Something is there that was not.
    #[must_use]
    pub fn added(staff: &Requester, at: Timestamp, kind: &'static str, subject: i64, what: Value) -> Self {
        Self::new(staff, at, kind, subject, None, Some(what))
    }

    /// Something is there no longer.
    #[must_use]
    pub fn removed(staff: &Requester, at: Timestamp, kind: &'static str, subject: i64, what: Value) -> Self {
        Self::new(staff, at, kind, subject, Some(what), None)
    }

    /// Something was done that has no value to show, such as a new password.
    #[must_use]
    pub fn done(staff: &Requester, at: Timestamp, kind: &'static str, subject: i64) -> Self {
        Self::new(staff, at, kind, subject, None, None)
    }

    /// Something is otherwise: of `before` and `after`, the members are told that differ.
    #[must_use]
    pub fn changed(
        staff: &Requester,
        at: Timestamp,
        kind: &'static str,
        subject: i64,
        before: &Value,
        after: &Value,
    ) -> Self {
        let (before, after) = (differing(before, after), differing(after, before));
        Self::new(staff, at, kind, subject, Some(before), Some(after))
    }

    fn new(
        staff: &Requester,
        at: Timestamp,
        kind: &'static str,
        subject: i64,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Self {
        Self { workspace: staff.workspace, actor: staff.user, at, kind, subject, before, after }
    }
}

/// The members of `one` that `other` has not, or has otherwise.
fn differing(one: &Value, other: &Value) -> Value {
    let members = one.as_object().into_iter().flatten().filter(|(name, value)| other.get(name) != Some(value));
    Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
}
