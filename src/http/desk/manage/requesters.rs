//! Requesters: the customers whose tickets the staff work on.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::desk::manage::NAME_MAX_CHARS;
use crate::app::desk::manage::requesters::{self, DEFAULT_LIMIT, RequesterChange};
use crate::domain::UserId;
use crate::domain::user::Person;
use crate::http::desk::body::{Address, Json, Moment, Text};
use crate::http::desk::caller::Staff;
use crate::http::desk::cursor;
use crate::http::desk::docs::{IfMatchHeader, WriteHeaders};
use crate::http::desk::id::Id;
use crate::http::desk::kept::{Answer, Repeat, answer_once};
use crate::http::desk::params::Params;
use crate::http::desk::problem::DeskError;
use crate::http::desk::version::IfMatch;
use crate::http::{ApiError, AppState};

/// The longest beginning to look for, in characters.
const LONG_TEXT_MAX_CHARS: usize = 254;

/// A customer.
#[derive(Serialize, ToSchema)]
#[schema(as = Requester)]
pub struct RequesterBody {
    id: i64,
    email: String,
    /// Empty if it is not known
    name: String,
    /// Whether they may sign in
    active: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
}

impl From<Person> for RequesterBody {
    fn from(person: Person) -> Self {
        Self {
            id: person.id.0,
            email: person.email,
            name: person.name,
            active: person.active,
            created_at: Moment(person.created_at),
        }
    }
}

/// A page of requesters, in the order of their addresses.
#[derive(Serialize, ToSchema)]
#[schema(as = RequesterPage)]
struct ListBody {
    requesters: Vec<RequesterBody>,
    /// Where to go on; absent on the last page
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct ListParameters {
    /// What the address or the name begins with, in any case
    text: Option<String>,
    /// How many requesters; more than 200 are cut to 200
    #[param(minimum = 1, default = 50)]
    limit: Option<i64>,
    /// Where to go on, from `next` or `Link` of the page before
    cursor: Option<String>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = NewRequester)]
#[serde(deny_unknown_fields)]
pub struct NewBody {
    #[schema(value_type = String, max_length = 254)]
    email: Address,
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Option<Text<0, NAME_MAX_CHARS>>,
}

/// What to change; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = RequesterChange)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Option<Text<0, NAME_MAX_CHARS>>,
    active: Option<bool>,
}

impl From<ChangeBody> for RequesterChange {
    fn from(body: ChangeBody) -> Self {
        Self { name: body.name.map(|name| name.0), active: body.active }
    }
}

/// List requesters
///
/// In the order of their addresses; `Link` leads to the next page. All staff see all of them, whatever tickets they
/// reach: a ticket may be opened for anybody.
#[utoipa::path(get, path = "/desk/requesters", tag = "Desk: requesters", params(ListParameters),
    responses((status = 200, description = "A page of requesters", body = ListBody)))]
pub async fn list(
    State(app): State<AppState>,
    staff: Staff,
    RawQuery(query): RawQuery,
    params: Params,
) -> Result<Response, DeskError> {
    let params = params.only(&["text", "limit", "cursor"])?;
    let text = params.text("text").unwrap_or_default().to_owned();
    if text.contains('\0') || text.chars().count() > LONG_TEXT_MAX_CHARS {
        let sentence = format!("It must have at most {LONG_TEXT_MAX_CHARS} characters, and no NUL.");
        return Err(ApiError::field("text", sentence).into());
    }
    let limit = params.limit("limit")?.unwrap_or(DEFAULT_LIMIT);
    let after = params.text("cursor").map(cursor::read).transpose()?.unwrap_or_default();
    let page = app.store().read_anywhere(move |tx| requesters::list(tx, &staff.0, &text, &after, limit)).await?;
    let next = page.next.as_deref().map(cursor::write);
    let encoded = query.unwrap_or_default();
    let link = next.as_deref().map(|next| cursor::link(&app, "/desk/requesters", &encoded, next)).transpose()?;
    let body = ListBody { requesters: page.requesters.into_iter().map(RequesterBody::from).collect(), next };
    let mut response = Answer::versioned(&body)?.present(&app);
    response.headers_mut().extend(link);
    Ok(response)
}

/// Add a requester
///
/// Without a password: they sign in by an identity provider that vouches for the address, or not at all.
#[utoipa::path(post, path = "/desk/requesters", tag = "Desk: requesters", params(WriteHeaders),
    request_body = NewBody,
    responses((status = 201, description = "The requester", body = RequesterBody)))]
pub async fn add(
    State(app): State<AppState>,
    staff: Staff,
    repeat: Repeat,
    body: Json<NewBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let NewBody { email, name } = body.value;
    let name = name.map(|name| name.0).unwrap_or_default();
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let requester = requesters::add(tx, &staff.0, &email.0, &name, at)?;
        let location = format!("/desk/requesters/{}", requester.id);
        Ok(Answer::versioned(&RequesterBody::from(requester))?.at(location))
    })
    .await
}

/// Read a requester
#[utoipa::path(get, path = "/desk/requesters/{requester_id}", tag = "Desk: requesters",
    params(("requester_id" = i64, Path)),
    responses((status = 200, description = "The requester; `ETag` is their version", body = RequesterBody)))]
pub async fn read(State(app): State<AppState>, staff: Staff, Path(Id(id)): Path<Id>) -> Result<Response, DeskError> {
    let requester = app.store().read_anywhere(move |tx| requesters::read(tx, &staff.0, UserId(id))).await?;
    Ok(Answer::versioned(&RequesterBody::from(requester))?.present(&app))
}

/// Change a requester
///
/// With `active: false` they are signed out at once and cannot sign in. They are never deleted, because their tickets
/// name them.
#[utoipa::path(patch, path = "/desk/requesters/{requester_id}", tag = "Desk: requesters",
    params(("requester_id" = i64, Path), WriteHeaders, IfMatchHeader), request_body = ChangeBody,
    responses((status = 200, description = "The requester as they are now", body = RequesterBody)))]
pub async fn change(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(id)): Path<Id>,
    repeat: Repeat,
    seen: IfMatch,
    body: Json<ChangeBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let change = RequesterChange::from(body.value);
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let unchanged = |now: &Person| seen.demand_of(&RequesterBody::from(now.clone()));
        let requester = requesters::change(tx, &staff.0, UserId(id), &change, &unchanged, at)?;
        Answer::versioned(&RequesterBody::from(requester))
    })
    .await
}
