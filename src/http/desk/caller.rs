//! The member of staff who calls, as a handler's argument.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::problem::DeskError;
use crate::domain::user::Requester;
use crate::http::AppState;
use crate::http::extract::recognise;

/// A member of staff. What they may do is for the use case to say.
#[derive(Clone, Copy, Debug)]
pub struct Staff(pub Requester);

impl FromRequestParts<AppState> for Staff {
    type Rejection = DeskError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, DeskError> {
        let staff = app.authenticator().staff_by(&parts.method, &parts.headers).await?;
        recognise(parts, staff.workspace, Some(staff.user));
        app.rate_limits().count_requester(&staff)?;
        Ok(Self(staff))
    }
}
