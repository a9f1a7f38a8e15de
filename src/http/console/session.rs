//! Who is at the console, as a handler's argument. It comes before the body, so that a stranger's body is never read.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::Method;
use http::request::Parts;

use super::cookie;
use super::error::PageError;
use super::place::{HOME, Place, go_to};
use crate::app::desk::console_session::Staff;
use crate::domain::Error;
use crate::domain::user::Requester;
use crate::http::AppState;
use crate::http::access_log::CallerNote;

/// A member of staff who is signed in.
#[derive(Clone, Debug)]
pub struct Signed(pub Arc<Staff>);

impl Signed {
    /// On whose behalf the request comes.
    pub fn requester(&self) -> Requester {
        self.0.requester
    }
}

/// Why a handler does not run.
pub enum NotSigned {
    /// The browser is sent to sign in first, and comes back then.
    SignIn(Place),
    Refused(PageError),
}

impl IntoResponse for NotSigned {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(next) => go_to(&format!("/desk/sign-in?next={}", next.encoded())).into_response(),
            Self::Refused(error) => error.into_response(),
        }
    }
}

impl FromRequestParts<AppState> for Signed {
    type Rejection = NotSigned;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, NotSigned> {
        let staff = match app.authenticator().staff_of_cookie(&parts.method, &parts.headers).await {
            Ok(staff) => staff,
            Err(Error::Unauthenticated(_)) if matches!(parts.method, Method::GET | Method::HEAD) => {
                // Nested routers see the address without what they are nested below.
                let (path, query) = (parts.uri.path().trim_end_matches('/'), parts.uri.query());
                let asked = format!("{HOME}{path}{}", query.map(|query| format!("?{query}")).unwrap_or_default());
                return Err(NotSigned::SignIn(Place::or_home(Some(asked))));
            }
            Err(Error::Unauthenticated(_)) => return Err(NotSigned::Refused(PageError::signed_out())),
            Err(error) => return Err(NotSigned::Refused(error.into())),
        };
        if let Some(note) = parts.extensions.get::<CallerNote>() {
            note.note(staff.requester.workspace, Some(staff.requester.user));
        }
        let counted = app.rate_limits().count_requester(&staff.requester);
        counted.map_err(|error| NotSigned::Refused(error.into()))?;
        Ok(Self(staff))
    }
}

/// The hash of the cookie that came along, whoever it names.
pub fn presented(headers: &http::HeaderMap) -> Option<[u8; 32]> {
    cookie::of_session(headers).map(crate::identity::console::cookie_hash)
}
