//! Who is at the console, as a handler's argument.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::app::browser_session::{CookieHolder, Door};
use crate::domain::user::Requester;
use crate::http::AppState;
use crate::http::pages::session::{NotSigned, signed_in};

/// A member of staff who is signed in.
#[derive(Clone, Debug)]
pub struct Signed(pub Arc<CookieHolder>);

impl Signed {
    /// On whose behalf the request comes.
    pub fn requester(&self) -> Requester {
        self.0.requester
    }
}

impl FromRequestParts<AppState> for Signed {
    type Rejection = NotSigned;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, NotSigned> {
        signed_in(Door::Desk, parts, app).await.map(Self)
    }
}
