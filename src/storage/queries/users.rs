//! Users.

use super::{Param, Row, StorageError, Tx, collect, first, statements, unexpected};
use crate::domain::user::{Email, Role};
use crate::domain::{SessionId, Timestamp, UserId, WorkspaceId};

statements! {
    BY_EMAIL = "SELECT id, email, role, active, password_hash, idp_subject FROM app_user WHERE workspace_id = $1 AND email_folded = $2";
    BY_ID = "SELECT id, email, role, active, password_hash, idp_subject FROM app_user WHERE workspace_id = $1 AND id = $2";
    BY_SUBJECT = "SELECT id, email, role, active, password_hash, idp_subject FROM app_user
              WHERE workspace_id = $1 AND idp_issuer = $2 AND idp_subject = $3";
    OF_SESSION = "SELECT u.id, u.email, u.role, u.active, u.password_hash, u.idp_subject FROM session s
              JOIN app_user u ON u.id = s.user_id AND u.workspace_id = s.workspace_id
              WHERE s.workspace_id = $1 AND s.id = $2 AND s.user_id = $3 AND s.revoked_at IS NULL";
    LOCK = "UPDATE app_user SET active = active WHERE workspace_id = $1 AND id = $2
              RETURNING id, email, role, active, password_hash, idp_subject";
    LIST = "SELECT id, email, role, active, password_hash, idp_subject FROM app_user WHERE workspace_id = $1 ORDER BY id";
    STAFF = "SELECT id, email, name, role, active FROM app_user WHERE workspace_id = $1 AND role <> 'customer' ORDER BY name, email";
    INSERT = "INSERT INTO app_user (workspace_id, email, email_folded, role, password_hash, idp_issuer, idp_subject, active, created_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7, TRUE, $8) ON CONFLICT DO NOTHING RETURNING id";
    SET_PASSWORD = "UPDATE app_user SET password_hash = $1 WHERE workspace_id = $2 AND id = $3";
    SET_ACTIVE = "UPDATE app_user SET active = $1 WHERE workspace_id = $2 AND id = $3";
    LINK = "UPDATE app_user SET idp_issuer = $1, idp_subject = $2 WHERE workspace_id = $3 AND id = $4
              AND idp_subject IS NULL AND active = TRUE";
}

/// A user's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub role: Role,
    pub active: bool,
    /// Argon2id in PHC form; `None` for those who sign in elsewhere.
    pub password_hash: Option<String>,
    /// What the workspace's identity provider calls the user.
    pub idp_subject: Option<String>,
}

/// A member of staff as colleagues see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffMember {
    pub id: UserId,
    pub email: String,
    /// Empty if it is not known.
    pub name: String,
    pub role: Role,
    pub active: bool,
}

/// A user to be added.
#[derive(Clone, Copy, Debug)]
pub struct NewUser<'a> {
    pub workspace: WorkspaceId,
    pub email: &'a Email,
    pub role: Role,
    pub password_hash: Option<&'a str>,
    /// Issuer and subject, for one who signs in elsewhere.
    pub identity: Option<(&'a str, &'a str)>,
    pub at: Timestamp,
}

fn read(row: &dyn Row) -> Result<User, StorageError> {
    Ok(User {
        id: UserId(row.int(0)?),
        email: row.text(1)?.to_owned(),
        role: row.text(2)?.parse().map_err(|problem: String| unexpected(2, problem))?,
        active: row.bool(3)?,
        password_hash: row.opt_text(4)?.map(str::to_owned),
        idp_subject: row.opt_text(5)?.map(str::to_owned),
    })
}

/// The user with this address, however it is capitalised.
pub fn by_email(tx: &mut dyn Tx, workspace: WorkspaceId, email: &Email) -> Result<Option<User>, StorageError> {
    first(tx, BY_EMAIL, &[Param::Int(workspace.0), Param::Text(&email.folded())], read)
}

/// The user with this id.
pub fn by_id(tx: &mut dyn Tx, workspace: WorkspaceId, id: UserId) -> Result<Option<User>, StorageError> {
    first(tx, BY_ID, &[Param::Int(workspace.0), Param::Int(id.0)], read)
}

/// The user `id`, if the session is theirs and nobody revoked it.
pub fn of_session(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    session: SessionId,
    id: UserId,
) -> Result<Option<User>, StorageError> {
    first(tx, OF_SESSION, &[Param::Int(workspace.0), Param::Int(session.0), Param::Int(id.0)], read)
}

/// The user with this id, who stays as they are until the transaction ends.
pub fn lock(tx: &mut dyn Tx, workspace: WorkspaceId, id: UserId) -> Result<Option<User>, StorageError> {
    first(tx, LOCK, &[Param::Int(workspace.0), Param::Int(id.0)], read)
}

/// The user whom an identity provider knows by `subject`.
pub fn by_subject(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    issuer: &str,
    subject: &str,
) -> Result<Option<User>, StorageError> {
    first(tx, BY_SUBJECT, &[Param::Int(workspace.0), Param::Text(issuer), Param::Text(subject)], read)
}

/// The workspace's users, oldest first.
pub fn list(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<Vec<User>, StorageError> {
    collect(tx, LIST, &[Param::Int(workspace.0)], read)
}

/// The workspace's staff by their names, those who are locked out included.
pub fn staff(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<Vec<StaffMember>, StorageError> {
    collect(tx, STAFF, &[Param::Int(workspace.0)], |row| {
        Ok(StaffMember {
            id: UserId(row.int(0)?),
            email: row.text(1)?.to_owned(),
            name: row.text(2)?.to_owned(),
            role: row.text(3)?.parse().map_err(|problem: String| unexpected(3, problem))?,
            active: row.bool(4)?,
        })
    })
}

/// Adds a user; `None` when the address or the identity is taken.
pub fn insert(tx: &mut dyn Tx, new: NewUser<'_>) -> Result<Option<UserId>, StorageError> {
    let folded = new.email.folded();
    let params = [
        Param::Int(new.workspace.0),
        Param::Text(new.email.as_str()),
        Param::Text(&folded),
        Param::Text(new.role.as_str()),
        Param::opt_text(new.password_hash),
        Param::opt_text(new.identity.map(|(issuer, _)| issuer)),
        Param::opt_text(new.identity.map(|(_, subject)| subject)),
        Param::Int(new.at.0),
    ];
    first(tx, INSERT, &params, |row| row.int(0).map(UserId))
}

/// Gives a user another password.
pub fn set_password(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    id: UserId,
    password_hash: &str,
) -> Result<(), StorageError> {
    tx.execute_later(SET_PASSWORD, &[Param::Text(password_hash), Param::Int(workspace.0), Param::Int(id.0)])
}

/// Lets a user in, or no longer.
pub fn set_active(tx: &mut dyn Tx, workspace: WorkspaceId, id: UserId, active: bool) -> Result<(), StorageError> {
    tx.execute_later(SET_ACTIVE, &[Param::Bool(active), Param::Int(workspace.0), Param::Int(id.0)])
}

/// Notes what an identity provider calls an active user who had no such identity; gives whether it did.
pub fn link(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    id: UserId,
    issuer: &str,
    subject: &str,
) -> Result<bool, StorageError> {
    let params = [Param::Text(issuer), Param::Text(subject), Param::Int(workspace.0), Param::Int(id.0)];
    Ok(tx.execute(LINK, &params)? > 0)
}
