//! Who is calling, as a handler's argument. It comes before the body, so that a stranger's body is never looked at.

use std::net::{IpAddr, SocketAddr};

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::domain::user::{Application, Requester};
use crate::domain::{UserId, WorkspaceId};
use crate::http::access_log::CallerNote;
use crate::http::{ApiError, AppState};
use crate::storage::turns;

/// A user, and the application that they use. Required on endpoints 1 to 9.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    pub application: Application,
    pub requester: Requester,
}

/// An application on its own. Required on endpoints 10 and 11.
#[derive(Clone, Copy, Debug)]
pub struct Client(pub Application);

/// Whoever may read the catalogue: a user, or just an application if the settings say so.
#[derive(Clone, Copy, Debug)]
pub struct CatalogueCaller(pub Application);

/// The address that the request came from, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub Option<IpAddr>);

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let application = app.authenticator().application(&parts.headers).await?;
        let requester = app.authenticator().requester(application, &parts.headers).await?;
        recognise(parts, application.workspace, Some(requester.user));
        app.rate_limits().count_application(application.id)?;
        app.rate_limits().count_requester(&requester)?;
        Ok(Self { application, requester })
    }
}

impl FromRequestParts<AppState> for Client {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let application = app.authenticator().application(&parts.headers).await?;
        recognise(parts, application.workspace, None);
        app.rate_limits().count_application(application.id)?;
        Ok(Self(application))
    }
}

impl FromRequestParts<AppState> for CatalogueCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        if !app.config().catalog_requires_token {
            return Client::from_request_parts(parts, app).await.map(|client| Self(client.0));
        }
        Caller::from_request_parts(parts, app).await.map(|caller| Self(caller.application))
    }
}

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<SocketAddr>().map(SocketAddr::ip);
        if !app.config().trust_forwarded_for {
            return Ok(Self(peer));
        }
        // The last entry is the one that our own proxy added; those before it are the client's word.
        let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back();
        let last = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        Ok(Self(last.or(peer)))
    }
}

/// Says who calls, as soon as that is known: the request's line in the log names them, and what it asks of the database
/// from here on takes its user's turns.
pub fn recognise(parts: &Parts, workspace: WorkspaceId, user: Option<UserId>) {
    if let Some(note) = parts.extensions.get::<CallerNote>() {
        note.note(workspace, user);
    }
    if let Some(user) = user {
        turns::ask_as(user);
    }
}
