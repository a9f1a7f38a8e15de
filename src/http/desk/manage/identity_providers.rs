//! Identity providers, whose users' tokens the workspace takes.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::desk::manage::URL_MAX_CHARS;
use crate::app::desk::manage::identity_providers::{self, Listed, ProviderChange};
use crate::domain::IdentityProviderId;
use crate::domain::workspace::IdentityProvider;
use crate::http::AppState;
use crate::http::desk::body::{Json, Text};
use crate::http::desk::caller::Staff;
use crate::http::desk::docs::{IfMatchHeader, WriteHeaders};
use crate::http::desk::id::Id;
use crate::http::desk::kept::{Answer, Repeat, answer_once};
use crate::http::desk::params::Params;
use crate::http::desk::problem::DeskError;
use crate::http::desk::version::IfMatch;

type Url = Text<1, URL_MAX_CHARS>;

/// An identity provider.
#[derive(Serialize, ToSchema)]
#[schema(as = IdentityProvider)]
pub struct ProviderBody {
    id: i64,
    /// The `iss` of its tokens
    #[schema(example = "https://id.acme.example")]
    issuer: String,
    /// The `aud` that its tokens for this desk carry
    #[schema(example = "support")]
    audience: String,
    /// Where its public keys are
    #[schema(example = "https://id.acme.example/jwks.json")]
    jwks_url: String,
    /// The signature algorithms that are accepted
    #[schema(example = json!(["RS256"]))]
    algorithms: Vec<String>,
}

impl From<Listed> for ProviderBody {
    fn from((id, provider): Listed) -> Self {
        let IdentityProvider { workspace: _, issuer, audience, jwks_url, algorithms } = provider;
        Self { id: id.0, issuer, audience, jwks_url, algorithms }
    }
}

/// All identity providers, oldest first.
#[derive(Serialize, ToSchema)]
#[schema(as = IdentityProviders)]
struct ListBody {
    identity_providers: Vec<ProviderBody>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = NewIdentityProvider)]
#[serde(deny_unknown_fields)]
pub struct NewBody {
    /// The `iss` of its tokens, to the letter
    #[schema(value_type = String)]
    issuer: Url,
    #[schema(value_type = String)]
    audience: Url,
    /// It must begin with `https://`, or be on the server's machine
    #[schema(value_type = String)]
    jwks_url: Url,
    /// `RS256` if it is absent
    algorithms: Option<Vec<String>>,
}

/// What to change; what is absent stays. The issuer stays always: users are known by it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = IdentityProviderChange)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    #[schema(value_type = Option<String>)]
    audience: Option<Url>,
    #[schema(value_type = Option<String>)]
    jwks_url: Option<Url>,
    algorithms: Option<Vec<String>>,
}

impl From<ChangeBody> for ProviderChange {
    fn from(body: ChangeBody) -> Self {
        Self {
            audience: body.audience.map(|audience| audience.0),
            jwks_url: body.jwks_url.map(|url| url.0),
            algorithms: body.algorithms,
        }
    }
}

/// List identity providers
///
/// Oldest first.
#[utoipa::path(get, path = "/desk/identity-providers", tag = "Desk: access",
    responses((status = 200, description = "All identity providers", body = ListBody)))]
pub async fn list(State(app): State<AppState>, staff: Staff, params: Params) -> Result<Response, DeskError> {
    params.only(&[])?;
    let found = app.store().read_anywhere(move |tx| identity_providers::list(tx, &staff.0)).await?;
    let identity_providers = found.into_iter().map(ProviderBody::from).collect();
    Ok(Answer::versioned(&ListBody { identity_providers })?.present(&app))
}

/// Trust an identity provider
///
/// Its users' tokens then work in this workspace, as customers'.
#[utoipa::path(post, path = "/desk/identity-providers", tag = "Desk: access", params(WriteHeaders),
    request_body = NewBody,
    responses((status = 201, description = "The identity provider", body = ProviderBody)))]
pub async fn add(
    State(app): State<AppState>,
    staff: Staff,
    repeat: Repeat,
    body: Json<NewBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let NewBody { issuer, audience, jwks_url, algorithms } = body.value;
    let provider = IdentityProvider {
        workspace: staff.0.workspace,
        issuer: issuer.0,
        audience: audience.0,
        jwks_url: jwks_url.0,
        algorithms: algorithms.unwrap_or_else(|| vec!["RS256".to_owned()]),
    };
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let added = identity_providers::add(tx, &staff.0, &provider, at)?;
        let location = format!("/desk/identity-providers/{}", added.0);
        Ok(Answer::versioned(&ProviderBody::from(added))?.at(location))
    })
    .await
}

/// Read an identity provider
#[utoipa::path(get, path = "/desk/identity-providers/{provider_id}", tag = "Desk: access",
    params(("provider_id" = i64, Path)),
    responses((status = 200, description = "The identity provider; `ETag` is its version", body = ProviderBody)))]
pub async fn read(State(app): State<AppState>, staff: Staff, Path(Id(id)): Path<Id>) -> Result<Response, DeskError> {
    let id = IdentityProviderId(id);
    let found = app.store().read_anywhere(move |tx| identity_providers::read(tx, &staff.0, id)).await?;
    Ok(Answer::versioned(&ProviderBody::from(found))?.present(&app))
}

/// Change an identity provider
///
/// Its tokens count by what is so now, at once, whenever they were issued.
#[utoipa::path(patch, path = "/desk/identity-providers/{provider_id}", tag = "Desk: access",
    params(("provider_id" = i64, Path), WriteHeaders, IfMatchHeader), request_body = ChangeBody,
    responses((status = 200, description = "The identity provider as it is now", body = ProviderBody)))]
pub async fn change(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(id)): Path<Id>,
    repeat: Repeat,
    seen: IfMatch,
    body: Json<ChangeBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let change = ProviderChange::from(body.value);
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let unchanged = |now: &Listed| seen.demand_of(&ProviderBody::from(now.clone()));
        let id = IdentityProviderId(id);
        let changed = identity_providers::change(tx, &staff.0, id, &change, &unchanged, at)?;
        Answer::versioned(&ProviderBody::from(changed))
    })
    .await
}

/// No longer trust an identity provider
///
/// Its users' tokens stop working at once. The users stay.
#[utoipa::path(delete, path = "/desk/identity-providers/{provider_id}", tag = "Desk: access",
    params(("provider_id" = i64, Path), WriteHeaders, IfMatchHeader),
    responses((status = 204, description = "It is not trusted any more")))]
pub async fn remove(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(id)): Path<Id>,
    repeat: Repeat,
    seen: IfMatch,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &[]);
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let unchanged = |now: &Listed| seen.demand_of(&ProviderBody::from(now.clone()));
        identity_providers::remove(tx, &staff.0, IdentityProviderId(id), &unchanged, at)?;
        Ok(Answer::nothing())
    })
    .await
}
