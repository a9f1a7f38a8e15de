//! The caller's own account.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::passwords::hashed;
use crate::app::desk::manage::NAME_MAX_CHARS;
use crate::app::desk::manage::own_account::{self, Account, AccountChange, NewPassword};
use crate::app::desk::rights::Right;
use crate::http::desk::body::{Json, Password, Text};
use crate::http::desk::caller::Staff;
use crate::http::desk::docs::{IfMatchHeader, WriteHeaders};
use crate::http::desk::kept::{Answer, Repeat, answer_once};
use crate::http::desk::problem::DeskError;
use crate::http::desk::version::IfMatch;
use crate::http::extract::ClientAddress;
use crate::http::own_password::known_password;
use crate::http::words::RoleWord;
use crate::http::{ApiError, AppState};

/// Who the caller is here, and what they may do.
#[derive(Serialize, ToSchema)]
#[schema(as = Me)]
struct MeBody {
    id: i64,
    email: String,
    /// Empty if it is not known
    name: String,
    role: RoleWord,
    /// What the role allows
    #[schema(example = json!(["read-tickets", "work-tickets"]))]
    rights: Vec<&'static str>,
    /// Whether single keys do something in the console
    shortcuts: bool,
    /// What the workspace is called
    workspace: String,
}

impl From<Account> for MeBody {
    fn from(account: Account) -> Self {
        let Account { person, rights, workspace } = account;
        Self {
            id: person.id.0,
            email: person.email,
            name: person.name,
            role: RoleWord(person.role),
            rights: rights.into_iter().map(Right::as_str).collect(),
            shortcuts: person.shortcuts,
            workspace: workspace.name,
        }
    }
}

/// What to change; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = MyChange)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Option<Text<0, NAME_MAX_CHARS>>,
    shortcuts: Option<bool>,
    password: Option<PasswordBody>,
}

/// Another password, and the one that it takes the place of.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = PasswordChange)]
#[serde(deny_unknown_fields)]
struct PasswordBody {
    #[schema(value_type = String, format = Password)]
    current: Password,
    #[schema(value_type = String, min_length = 8, format = Password)]
    new: Password,
}

/// Read one's own account
#[utoipa::path(get, path = "/desk/me", tag = "Desk: staff",
    responses((status = 200, description = "Who the caller is; `ETag` is the version", body = MeBody)))]
pub async fn read(State(app): State<AppState>, staff: Staff) -> Result<Response, DeskError> {
    let account = app.store().read_anywhere(move |tx| own_account::read(tx, &staff.0)).await?;
    Ok(Answer::versioned(&MeBody::from(account))?.present(&app))
}

/// Change one's own account
///
/// Another password ends all sessions, this one included. A wrong current password counts as a failed sign-in.
#[utoipa::path(patch, path = "/desk/me", tag = "Desk: staff", params(WriteHeaders, IfMatchHeader),
    request_body = ChangeBody,
    responses((status = 200, description = "The account as it is now", body = MeBody)))]
pub async fn change(
    State(app): State<AppState>,
    staff: Staff,
    address: ClientAddress,
    repeat: Repeat,
    seen: IfMatch,
    body: Json<ChangeBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let ChangeBody { name, shortcuts, password } = body.value;
    let password = match password {
        Some(password) => Some(replaced(&app, staff, address, password).await?),
        None => None,
    };
    let change = AccountChange { name: name.map(|name| name.0), shortcuts, password };
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let unchanged = |now: &Account| seen.demand_of(&MeBody::from(now.clone()));
        let account = own_account::change(tx, &staff.0, &change, &unchanged, at)?;
        Answer::versioned(&MeBody::from(account))
    })
    .await
}

/// Holds the current password against the account, and hashes the new one.
async fn replaced(
    app: &AppState,
    staff: Staff,
    address: ClientAddress,
    password: PasswordBody,
) -> Result<NewPassword, DeskError> {
    let known = known_password(app, &staff.0, address, password.current.0).await?;
    let Some(known) = known else {
        return Err(ApiError::field("password.current", "It is not the current password.").into());
    };
    Ok(NewPassword { known: Some(known), hash: hashed(app, "password.new", &password.new).await? })
}
