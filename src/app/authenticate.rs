//! Who is calling (contract, "Who is calling").

use crate::domain::user::{Application, Email, Requester, Role};
use crate::domain::{AuthFailure, Error, SessionId, Timestamp, UserId, WorkspaceId};
use crate::identity::apikey;
use crate::storage::Tx;
use crate::storage::queries::users::{NewUser, User};
use crate::storage::queries::{applications, users};

/// What a valid access token of this server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    pub workspace: WorkspaceId,
    pub user: UserId,
    pub session: SessionId,
    pub expires_at: Timestamp,
}

/// What a valid token of a trusted identity provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalIdentity {
    pub issuer: String,
    /// What the provider calls the user; never given to another.
    pub subject: String,
    pub email: Option<String>,
    /// Whether the provider vouches that the address is the user's.
    pub email_verified: bool,
    pub expires_at: Timestamp,
}

/// The application that holds the apikey `presented`.
///
/// # Errors
/// [`AuthFailure::WrongApikey`] when nobody holds it, or it is revoked.
pub fn application(tx: &mut dyn Tx, presented: &str) -> Result<Application, Error> {
    applications::by_key(tx, &apikey::hash(presented))?.ok_or(Error::Unauthenticated(AuthFailure::WrongApikey))
}

/// The user of a session of ours.
///
/// # Errors
/// [`AuthFailure::InvalidToken`] when the token is of another workspace, its session was revoked, or the user is gone
/// or deactivated.
pub fn session_user(tx: &mut dyn Tx, application: Application, claims: &AccessClaims) -> Result<Requester, Error> {
    if claims.workspace != application.workspace {
        return Err(Error::Unauthenticated(AuthFailure::InvalidToken));
    }
    of_session(tx, claims)
}

/// The member of staff whose session it is, in whichever workspace.
///
/// # Errors
/// As [`session_user`]; [`Error::Forbidden`] to customers.
pub fn staff_of_session(tx: &mut dyn Tx, claims: &AccessClaims) -> Result<Requester, Error> {
    let caller = of_session(tx, claims)?;
    if caller.role.is_staff() { Ok(caller) } else { Err(Error::Forbidden) }
}

fn of_session(tx: &mut dyn Tx, claims: &AccessClaims) -> Result<Requester, Error> {
    match users::of_session(tx, claims.workspace, claims.session, claims.user)? {
        Some(user) if user.active => Ok(Requester { workspace: claims.workspace, user: user.id, role: user.role }),
        _ => Err(Error::Unauthenticated(AuthFailure::InvalidToken)),
    }
}

/// The user whom a trusted identity provider vouches for, or `None` if they have not been here before.
///
/// # Errors
/// [`AuthFailure::InvalidToken`] when the user is deactivated here.
pub fn external_user(
    tx: &mut dyn Tx,
    application: Application,
    identity: &ExternalIdentity,
) -> Result<Option<Requester>, Error> {
    match users::by_subject(tx, application.workspace, &identity.issuer, &identity.subject)? {
        None => Ok(None),
        Some(user) if user.active => Ok(Some(requester(application, &user))),
        Some(_) => Err(Error::Unauthenticated(AuthFailure::InvalidToken)),
    }
}

/// Lets a user in whom a trusted identity provider vouches for, adding them as a customer at their first visit. An
/// account that is here already is taken to be theirs only if the provider has verified the address and the account is
/// a customer's: a provider for customers must not open the door to staff.
///
/// # Errors
/// [`AuthFailure::InvalidToken`] when the token has no address, or the account with that address is not theirs.
pub fn admit_external_user(
    tx: &mut dyn Tx,
    application: Application,
    identity: &ExternalIdentity,
    at: Timestamp,
) -> Result<Requester, Error> {
    let refused = || Error::Unauthenticated(AuthFailure::InvalidToken);
    if let Some(known) = external_user(tx, application, identity)? {
        return Ok(known);
    }
    // Another request of the same user may be faster, between the look and the change.
    let or_known_by_now = |tx: &mut dyn Tx| external_user(tx, application, identity)?.ok_or_else(refused);
    let workspace = application.workspace;
    let email = identity.email.as_deref().and_then(|email| Email::parse(email).ok()).ok_or_else(refused)?;
    if let Some(account) = users::by_email(tx, workspace, &email)? {
        if !identity.email_verified || !account.active || account.role != Role::Customer {
            return Err(refused());
        }
        if users::link(tx, workspace, account.id, &identity.issuer, &identity.subject)? {
            return Ok(requester(application, &account));
        }
        return or_known_by_now(tx);
    }
    let new = NewUser {
        workspace,
        email: &email,
        role: Role::Customer,
        password_hash: None,
        identity: Some((&identity.issuer, &identity.subject)),
        at,
    };
    match users::insert(tx, new)? {
        Some(user) => Ok(Requester { workspace, user, role: Role::Customer }),
        None => or_known_by_now(tx),
    }
}

fn requester(application: Application, user: &User) -> Requester {
    Requester { workspace: application.workspace, user: user.id, role: user.role }
}
