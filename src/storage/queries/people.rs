//! Users as the staff see them: who they are, not how they sign in.

use super::{Param, Row, StorageError, Tx, collect, first, only, statements, unexpected};
use crate::domain::user::{Person, Role};
use crate::domain::{Timestamp, UserId, WorkspaceId, text};

// What begins with a name is found by the index of names alone, which has all that the inner query of CUSTOMERS_BY_NAME
// looks at. Against `email_folded` itself, SQLite would rather go through all addresses; `|| ''` keeps it from that.
statements! {
    BY_ID = "SELECT id, email, name, role, active, shortcuts, created_at FROM app_user WHERE workspace_id = $1 AND id = $2";
    LOCK = "UPDATE app_user SET active = active WHERE workspace_id = $1 AND id = $2
              RETURNING id, email, name, role, active, shortcuts, created_at";
    STAFF = "SELECT id, email, name, role, active, shortcuts, created_at FROM app_user
              WHERE workspace_id = $1 AND role <> 'customer' ORDER BY id";
    CUSTOMERS_BY_EMAIL = "SELECT id, email, name, role, active, shortcuts, created_at, email_folded FROM app_user
              WHERE workspace_id = $1 AND email_folded > $2 AND email_folded >= $3 AND email_folded < $4 AND role = 'customer'
              ORDER BY email_folded LIMIT $5";
    CUSTOMERS_BY_NAME = "SELECT p.id, p.email, p.name, p.role, p.active, p.shortcuts, p.created_at, p.email_folded FROM
              (SELECT id FROM app_user WHERE workspace_id = $1 AND email_folded || '' > $2
              AND name_folded >= $3 AND name_folded < $4 AND name_folded <> '' AND role = 'customer'
              ORDER BY email_folded || '' LIMIT $5) named
              JOIN app_user p ON p.workspace_id = $1 AND p.id = named.id ORDER BY p.email_folded";
    OTHER_ADMINS = "SELECT COUNT(*) FROM app_user WHERE workspace_id = $1 AND role = 'admin' AND role <> 'customer' AND active = TRUE AND id <> $2";
    SET = "UPDATE app_user SET name = $1, name_folded = $2, role = $3, active = $4, shortcuts = $5 WHERE workspace_id = $6 AND id = $7";
}

/// A customer, and the key by which lists of customers are sorted.
pub type Listed = (Person, String);

/// Whose addresses or names begin with what, and where to begin.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Folded; empty for everybody.
    pub prefix: &'a str,
    /// Only those with greater keys.
    pub after: &'a str,
    pub limit: i64,
}

/// The user with this id.
pub fn by_id(tx: &mut dyn Tx, workspace: WorkspaceId, id: UserId) -> Result<Option<Person>, StorageError> {
    first(tx, BY_ID, &[Param::Int(workspace.0), Param::Int(id.0)], read)
}

/// The user with this id, who stays as they are until the transaction ends.
pub fn lock(tx: &mut dyn Tx, workspace: WorkspaceId, id: UserId) -> Result<Option<Person>, StorageError> {
    first(tx, LOCK, &[Param::Int(workspace.0), Param::Int(id.0)], read)
}

/// All who work at the desk, oldest first.
pub fn staff(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<Vec<Person>, StorageError> {
    collect(tx, STAFF, &[Param::Int(workspace.0)], read)
}

/// Customers whose address begins so, in the order of addresses.
pub fn customers_by_email(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    wanted: Wanted<'_>,
) -> Result<Vec<Listed>, StorageError> {
    customers(tx, CUSTOMERS_BY_EMAIL, workspace, wanted)
}

/// Customers whose name begins so, in the order of addresses.
pub fn customers_by_name(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    wanted: Wanted<'_>,
) -> Result<Vec<Listed>, StorageError> {
    customers(tx, CUSTOMERS_BY_NAME, workspace, wanted)
}

fn customers(
    tx: &mut dyn Tx,
    sql: &'static str,
    workspace: WorkspaceId,
    wanted: Wanted<'_>,
) -> Result<Vec<Listed>, StorageError> {
    // Behind all that begins with the prefix.
    let end = format!("{}{}", wanted.prefix, char::MAX);
    let params = [
        Param::Int(workspace.0),
        Param::Text(wanted.after),
        Param::Text(wanted.prefix),
        Param::Text(&end),
        Param::Int(wanted.limit),
    ];
    collect(tx, sql, &params, |row| Ok((read(row)?, row.text(7)?.to_owned())))
}

/// How many others may run the workspace.
pub fn other_admins(tx: &mut dyn Tx, workspace: WorkspaceId, id: UserId) -> Result<i64, StorageError> {
    only(tx, OTHER_ADMINS, &[Param::Int(workspace.0), Param::Int(id.0)], |row| row.int(0))
}

/// Changes a user, but for their address.
pub fn set(tx: &mut dyn Tx, workspace: WorkspaceId, person: &Person) -> Result<(), StorageError> {
    let folded = text::fold(&person.name);
    let params = [
        Param::Text(&person.name),
        Param::Text(&folded),
        Param::Text(person.role.as_str()),
        Param::Bool(person.active),
        Param::Bool(person.shortcuts),
        Param::Int(workspace.0),
        Param::Int(person.id.0),
    ];
    tx.execute_later(SET, &params)
}

fn read(row: &dyn Row) -> Result<Person, StorageError> {
    Ok(Person {
        id: UserId(row.int(0)?),
        email: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        role: row.text(3)?.parse::<Role>().map_err(|problem| unexpected(3, problem))?,
        active: row.bool(4)?,
        shortcuts: row.bool(5)?,
        created_at: Timestamp(row.int(6)?),
    })
}
