//! Users: the staff.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::passwords::hashed;
use crate::app::desk::manage::NAME_MAX_CHARS;
use crate::app::desk::manage::staff::{self, NewStaff, StaffChange};
use crate::domain::UserId;
use crate::domain::user::Person;
use crate::http::AppState;
use crate::http::desk::body::{Address, Json, Moment, Password, Text};
use crate::http::desk::caller::Staff;
use crate::http::desk::docs::{IfMatchHeader, WriteHeaders};
use crate::http::desk::id::Id;
use crate::http::desk::kept::{Answer, Repeat, answer_once};
use crate::http::desk::params::Params;
use crate::http::desk::problem::DeskError;
use crate::http::desk::version::IfMatch;
use crate::http::words::RoleWord;

/// A member of staff.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserBody {
    id: i64,
    email: String,
    /// Empty if it is not known
    name: String,
    role: RoleWord,
    /// Whether they may sign in
    active: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
}

impl From<Person> for UserBody {
    fn from(person: Person) -> Self {
        Self {
            id: person.id.0,
            email: person.email,
            name: person.name,
            role: RoleWord(person.role),
            active: person.active,
            created_at: Moment(person.created_at),
        }
    }
}

/// All staff, oldest first.
#[derive(Serialize, ToSchema)]
#[schema(as = Users)]
struct ListBody {
    users: Vec<UserBody>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = NewUser)]
#[serde(deny_unknown_fields)]
pub struct NewBody {
    #[schema(value_type = String, max_length = 254)]
    email: Address,
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Option<Text<0, NAME_MAX_CHARS>>,
    role: RoleWord,
    /// To sign in with until they choose another
    #[schema(value_type = String, min_length = 8, format = Password)]
    password: Password,
}

/// What to change; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = UserChange)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Option<Text<0, NAME_MAX_CHARS>>,
    role: Option<RoleWord>,
    active: Option<bool>,
    #[schema(value_type = Option<String>, min_length = 8, format = Password)]
    password: Option<Password>,
}

/// List users
///
/// All staff, oldest first, inactive ones included.
#[utoipa::path(get, path = "/desk/users", tag = "Desk: staff",
    responses((status = 200, description = "All staff", body = ListBody)))]
pub async fn list(State(app): State<AppState>, caller: Staff, params: Params) -> Result<Response, DeskError> {
    params.only(&[])?;
    let found = app.store().read_anywhere(move |tx| staff::list(tx, &caller.0)).await?;
    Ok(Answer::versioned(&ListBody { users: found.into_iter().map(UserBody::from).collect() })?.present(&app))
}

/// Add a user
#[utoipa::path(post, path = "/desk/users", tag = "Desk: staff", params(WriteHeaders), request_body = NewBody,
    responses((status = 201, description = "The user", body = UserBody)))]
pub async fn add(
    State(app): State<AppState>,
    caller: Staff,
    repeat: Repeat,
    body: Json<NewBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&caller, &app, &body.digest);
    let NewBody { email, name, role, password } = body.value;
    staff::check(&caller.0)?;
    let password_hash = hashed(&app, "password", &password).await?;
    let name = name.map(|name| name.0).unwrap_or_default();
    let new = NewStaff { email: email.0, name, role: role.0, password_hash, teams: Vec::new() };
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let user = staff::add(tx, &caller.0, &new, at)?;
        let location = format!("/desk/users/{}", user.id);
        Ok(Answer::versioned(&UserBody::from(user))?.at(location))
    })
    .await
}

/// Read a user
#[utoipa::path(get, path = "/desk/users/{user_id}", tag = "Desk: staff", params(("user_id" = i64, Path)),
    responses((status = 200, description = "The user; `ETag` is their version", body = UserBody)))]
pub async fn read(State(app): State<AppState>, caller: Staff, Path(Id(id)): Path<Id>) -> Result<Response, DeskError> {
    let user = app.store().read_anywhere(move |tx| staff::read(tx, &caller.0, UserId(id))).await?;
    Ok(Answer::versioned(&UserBody::from(user))?.present(&app))
}

/// Change a user
///
/// Who gets another role or password, or is no longer active, is signed out at once. The last active admin can be neither
/// locked out nor given another role (409). Users are never deleted, because tickets and their histories name them.
#[utoipa::path(patch, path = "/desk/users/{user_id}", tag = "Desk: staff",
    params(("user_id" = i64, Path), WriteHeaders, IfMatchHeader), request_body = ChangeBody,
    responses((status = 200, description = "The user as they are now", body = UserBody)))]
pub async fn change(
    State(app): State<AppState>,
    caller: Staff,
    Path(Id(id)): Path<Id>,
    repeat: Repeat,
    seen: IfMatch,
    body: Json<ChangeBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&caller, &app, &body.digest);
    let ChangeBody { name, role, active, password } = body.value;
    staff::check(&caller.0)?;
    let password_hash = match password {
        Some(password) => Some(hashed(&app, "password", &password).await?),
        None => None,
    };
    let change = StaffChange {
        name: name.map(|name| name.0),
        role: role.map(|role| role.0),
        active,
        password_hash,
        teams: Vec::new(),
    };
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let unchanged = |now: &Person| seen.demand_of(&UserBody::from(now.clone()));
        let user = staff::change(tx, &caller.0, UserId(id), &change, &unchanged, at)?;
        Answer::versioned(&UserBody::from(user))
    })
    .await
}
