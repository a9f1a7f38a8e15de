//! A member of staff looks after their own account.

use super::{Unchanged, name_of_person, refused, told_of};
use crate::app::desk::rights::{RIGHTS, Right, demand, has};
use crate::domain::audit::Entry;
use crate::domain::user::{Person, Requester};
use crate::domain::workspace::Workspace;
use crate::domain::{Error, Timestamp};
use crate::storage::Tx;
use crate::storage::queries::users::User;
use crate::storage::queries::{audit, people, sessions, users, workspaces};

/// Who somebody is here, and what they may do.
#[derive(Clone, Debug)]
pub struct Account {
    pub person: Person,
    pub rights: Vec<Right>,
    pub workspace: Workspace,
}

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct AccountChange {
    pub name: Option<String>,
    pub shortcuts: Option<bool>,
    pub password: Option<NewPassword>,
}

/// Another password.
#[derive(Clone, Debug)]
pub struct NewPassword {
    /// The hash of the password that the account had when its holder was seen to know it.
    pub known: Option<String>,
    pub hash: String,
}

/// The caller's own account.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn read(tx: &mut dyn Tx, staff: &Requester) -> Result<Account, Error> {
    demand(staff, Right::KeepOwn)?;
    let person = people::by_id(tx, staff.workspace, staff.user)?.ok_or(Error::NotFound)?;
    account(tx, staff, person)
}

/// The account as signing in sees it, so that the current password can be held against it.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn credentials(tx: &mut dyn Tx, staff: &Requester) -> Result<User, Error> {
    demand(staff, Right::KeepOwn)?;
    users::by_id(tx, staff.workspace, staff.user)?.ok_or(Error::NotFound)
}

/// Changes the caller's own account. Another password ends all sessions, the caller's included.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::ChangedSince`]; [`Error::Invalid`], also when the password is not the current one any
/// more.
pub fn change(
    tx: &mut dyn Tx,
    staff: &Requester,
    change: &AccountChange,
    unchanged: Unchanged<'_, Account>,
    at: Timestamp,
) -> Result<Account, Error> {
    demand(staff, Right::KeepOwn)?;
    let workspace = staff.workspace;
    let before = people::lock(tx, workspace, staff.user)?.ok_or(Error::NotFound)?;
    unchanged(&account(tx, staff, before.clone())?)?;
    let after = Person {
        name: change.name.as_deref().map_or(Ok(before.name.clone()), name_of_person)?,
        shortcuts: change.shortcuts.unwrap_or(before.shortcuts),
        ..before.clone()
    };
    if let Some(new) = &change.password {
        let now = users::by_id(tx, workspace, staff.user)?.ok_or(Error::NotFound)?;
        if new.known.is_none() || now.password_hash != new.known {
            return Err(refused("password.current", "it is not the current password"));
        }
        users::set_password(tx, workspace, staff.user, &new.hash)?;
        sessions::revoke_of_user(tx, workspace, staff.user, at)?;
        tx.bump_revision()?;
        audit::append(tx, &Entry::done(staff, at, "user.password_changed", staff.user.0))?;
    }
    if after != before {
        people::set(tx, workspace, &after)?;
        // Pages of the console remember what somebody is called and whether their keys do something.
        tx.bump_revision()?;
        let entry = Entry::changed(staff, at, "user.changed", staff.user.0, &told_of(&before), &told_of(&after));
        audit::append(tx, &entry)?;
    }
    account(tx, staff, after)
}

fn account(tx: &mut dyn Tx, staff: &Requester, person: Person) -> Result<Account, Error> {
    let workspace = workspaces::by_id(tx, staff.workspace)?.ok_or(Error::NotFound)?;
    let rights = RIGHTS.iter().map(|(right, _)| *right).filter(|right| has(person.role, *right)).collect();
    Ok(Account { person, rights, workspace })
}
