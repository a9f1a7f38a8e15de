//! Who is signed in, for handlers' arguments. They come before the body, so that a stranger's body is never read.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::Method;
use http::request::Parts;

use super::error::PageError;
use super::place::{Place, go_to, home};
use crate::app::browser_session::{CookieHolder, Door};
use crate::domain::Error;
use crate::http::AppState;
use crate::http::extract::recognise;

/// Why a handler does not run.
pub enum NotSigned {
    /// The browser is sent to sign in at this door first, and comes back then.
    SignIn(Door, Place),
    Refused(PageError),
}

impl IntoResponse for NotSigned {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(door, next) => {
                go_to(&format!("{}/sign-in?next={}", home(door), next.encoded())).into_response()
            }
            Self::Refused(error) => error.into_response(),
        }
    }
}

/// Who is signed in at `door`.
///
/// # Errors
/// [`NotSigned::SignIn`] for who looks at a page without being signed in; a page for what else is in the way.
pub async fn signed_in(door: Door, parts: &Parts, app: &AppState) -> Result<Arc<CookieHolder>, NotSigned> {
    let holder = match app.authenticator().of_cookie(door, &parts.method, &parts.headers).await {
        Ok(holder) => holder,
        Err(Error::Unauthenticated(_)) if matches!(parts.method, Method::GET | Method::HEAD) => {
            // Nested routers see the address without what they are nested below.
            let (path, query) = (parts.uri.path().trim_end_matches('/'), parts.uri.query());
            let asked = format!("{}{path}{}", home(door), query.map(|query| format!("?{query}")).unwrap_or_default());
            return Err(NotSigned::SignIn(door, Place::at(door, Some(asked))));
        }
        Err(Error::Unauthenticated(_)) => return Err(NotSigned::Refused(PageError::signed_out())),
        Err(error) => return Err(NotSigned::Refused(error.into())),
    };
    recognise(parts, holder.requester.workspace, Some(holder.requester.user));
    let counted = app.rate_limits().count_requester(&holder.requester);
    counted.map_err(|error| NotSigned::Refused(error.into()))?;
    Ok(holder)
}
