//! Apikeys, which applications call with.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::desk::manage::NAME_MAX_CHARS;
use crate::app::desk::manage::apikeys;
use crate::domain::ApplicationId;
use crate::http::AppState;
use crate::http::desk::body::{Json, Moment, Text};
use crate::http::desk::caller::Staff;
use crate::http::desk::docs::{IfMatchHeader, WriteHeaders};
use crate::http::desk::id::Id;
use crate::http::desk::kept::{Answer, Repeat, answer_once, answer_once_in_secret};
use crate::http::desk::params::Params;
use crate::http::desk::problem::DeskError;
use crate::http::desk::version::IfMatch;
use crate::identity::apikey::Apikey;
use crate::storage::queries::applications::ListedApplication;

/// An apikey, as far as it is shown again.
#[derive(Serialize, ToSchema)]
#[schema(as = Apikey)]
pub struct ApikeyBody {
    id: i64,
    /// What the application that calls with it is called
    name: String,
    /// Its first characters
    #[schema(example = "fdk_Xa81Qe")]
    prefix: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
    /// Null while it works
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Moment>,
}

impl From<ListedApplication> for ApikeyBody {
    fn from(listed: ListedApplication) -> Self {
        Self {
            id: listed.id.0,
            name: listed.name,
            prefix: listed.key_prefix,
            created_at: Moment(listed.created_at),
            revoked_at: listed.revoked_at.map(Moment),
        }
    }
}

/// All apikeys, oldest first.
#[derive(Serialize, ToSchema)]
#[schema(as = Apikeys)]
struct ListBody {
    apikeys: Vec<ApikeyBody>,
}

/// A new apikey.
#[derive(Serialize, ToSchema)]
#[schema(as = AddedApikey)]
struct AddedBody {
    #[serde(flatten)]
    listed: ApikeyBody,
    /// The key itself, which is never shown again
    apikey: String,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = NewApikey)]
#[serde(deny_unknown_fields)]
pub struct NewBody {
    #[schema(value_type = String, max_length = 200)]
    name: Text<1, NAME_MAX_CHARS>,
}

/// List apikeys
///
/// Oldest first, revoked ones included.
#[utoipa::path(get, path = "/desk/apikeys", tag = "Desk: access",
    responses((status = 200, description = "All apikeys", body = ListBody)))]
pub async fn list(State(app): State<AppState>, staff: Staff, params: Params) -> Result<Response, DeskError> {
    params.only(&[])?;
    let found = app.store().read_anywhere(move |tx| apikeys::list(tx, &staff.0)).await?;
    Ok(Answer::versioned(&ListBody { apikeys: found.into_iter().map(ApikeyBody::from).collect() })?.present(&app))
}

/// Add an apikey
///
/// This answer is the only place where the key is shown.
#[utoipa::path(post, path = "/desk/apikeys", tag = "Desk: access", params(WriteHeaders), request_body = NewBody,
    responses((status = 201, description = "The apikey", body = AddedBody)))]
pub async fn add(
    State(app): State<AppState>,
    staff: Staff,
    repeat: Repeat,
    body: Json<NewBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let name = body.value.name.0;
    let key = Apikey::generate(&*app.sign_in().entropy);
    let at = app.clock().now();
    answer_once_in_secret(&app, request, at, move |tx| {
        let listed = ApikeyBody::from(apikeys::add(tx, &staff.0, &name, &key, at)?);
        let location = format!("/desk/apikeys/{}", listed.id);
        Answer::created(&AddedBody { listed, apikey: key.reveal().to_owned() }, location)
    })
    .await
}

/// Read an apikey
#[utoipa::path(get, path = "/desk/apikeys/{apikey_id}", tag = "Desk: access", params(("apikey_id" = i64, Path)),
    responses((status = 200, description = "The apikey; `ETag` is its version", body = ApikeyBody)))]
pub async fn read(State(app): State<AppState>, staff: Staff, Path(Id(id)): Path<Id>) -> Result<Response, DeskError> {
    let found = app.store().read_anywhere(move |tx| apikeys::read(tx, &staff.0, ApplicationId(id))).await?;
    Ok(Answer::versioned(&ApikeyBody::from(found))?.present(&app))
}

/// Revoke an apikey
///
/// For good, and at once. It stays in the list.
#[utoipa::path(delete, path = "/desk/apikeys/{apikey_id}", tag = "Desk: access",
    params(("apikey_id" = i64, Path), WriteHeaders, IfMatchHeader),
    responses((status = 204, description = "It does not work any more")))]
pub async fn revoke(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(id)): Path<Id>,
    repeat: Repeat,
    seen: IfMatch,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &[]);
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let unchanged = |now: &ListedApplication| seen.demand_of(&ApikeyBody::from(now.clone()));
        apikeys::revoke(tx, &staff.0, ApplicationId(id), &unchanged, at)?;
        Ok(Answer::nothing())
    })
    .await
}
