//! Categories, which tickets are opened in.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::desk::manage::categories::{self, CategoryChange};
use crate::app::desk::manage::{LONG_TEXT_MAX_CHARS, NAME_MAX_CHARS};
use crate::domain::CategoryId;
use crate::domain::category::Category;
use crate::http::desk::body::{Json, Text};
use crate::http::desk::caller::Staff;
use crate::http::desk::docs::{IfMatchHeader, WriteHeaders};
use crate::http::desk::id::Id;
use crate::http::desk::kept::{Answer, Repeat, answer_once};
use crate::http::desk::params::Params;
use crate::http::desk::problem::DeskError;
use crate::http::desk::version::IfMatch;
use crate::http::{ApiError, AppState};

/// A category.
#[derive(Serialize, ToSchema)]
#[schema(as = DeskCategory)]
pub struct CategoryBody {
    id: i64,
    #[schema(example = "Billing")]
    name: String,
    description: String,
    /// Its place in the list: smaller ones come first
    position: i64,
    /// Whether new tickets may be opened in it
    active: bool,
}

impl From<Category> for CategoryBody {
    fn from(category: Category) -> Self {
        let Category { id, name, description, position, active } = category;
        Self { id: id.0, name, description, position, active }
    }
}

/// All categories in their order.
#[derive(Serialize, ToSchema)]
#[schema(as = DeskCategories)]
struct ListBody {
    categories: Vec<CategoryBody>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = NewCategory)]
#[serde(deny_unknown_fields)]
pub struct NewBody {
    #[schema(value_type = String, max_length = 200)]
    name: Text<1, NAME_MAX_CHARS>,
    #[schema(value_type = Option<String>)]
    description: Option<Text<0, LONG_TEXT_MAX_CHARS>>,
}

/// What to change; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = CategoryChange)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Option<Text<1, NAME_MAX_CHARS>>,
    #[schema(value_type = Option<String>)]
    description: Option<Text<0, LONG_TEXT_MAX_CHARS>>,
    active: Option<bool>,
    /// Its place in the list, 1 being the first; the others make room
    #[schema(minimum = 1)]
    position: Option<i64>,
}

impl TryFrom<ChangeBody> for CategoryChange {
    type Error = ApiError;

    fn try_from(body: ChangeBody) -> Result<Self, ApiError> {
        let place = body.position.map(|position| usize::try_from(position).ok().filter(|place| *place > 0));
        if place == Some(None) {
            return Err(ApiError::field("position", "It must be 1 or more."));
        }
        Ok(Self {
            name: body.name.map(|name| name.0),
            description: body.description.map(|description| description.0),
            active: body.active,
            place: place.flatten(),
        })
    }
}

/// List categories
///
/// In their order, inactive ones included.
#[utoipa::path(get, path = "/desk/categories", tag = "Desk: categories and tags",
    responses((status = 200, description = "All categories", body = ListBody)))]
pub async fn list(State(app): State<AppState>, staff: Staff, params: Params) -> Result<Response, DeskError> {
    params.only(&[])?;
    let found = app.store().read_anywhere(move |tx| categories::list(tx, &staff.0)).await?;
    let categories = found.into_iter().map(CategoryBody::from).collect();
    Ok(Answer::versioned(&ListBody { categories })?.present(&app))
}

/// Add a category
///
/// At the end of the list. Customers can open tickets in it at once.
#[utoipa::path(post, path = "/desk/categories", tag = "Desk: categories and tags", params(WriteHeaders),
    request_body = NewBody,
    responses((status = 201, description = "The category", body = CategoryBody)))]
pub async fn add(
    State(app): State<AppState>,
    staff: Staff,
    repeat: Repeat,
    body: Json<NewBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let NewBody { name, description } = body.value;
    let description = description.map(|description| description.0).unwrap_or_default();
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let category = categories::add(tx, &staff.0, &name.0, &description, at)?;
        let location = format!("/desk/categories/{}", category.id);
        Ok(Answer::versioned(&CategoryBody::from(category))?.at(location))
    })
    .await
}

/// Read a category
#[utoipa::path(get, path = "/desk/categories/{category_id}", tag = "Desk: categories and tags",
    params(("category_id" = i64, Path)),
    responses((status = 200, description = "The category; `ETag` is its version", body = CategoryBody)))]
pub async fn read(State(app): State<AppState>, staff: Staff, Path(Id(id)): Path<Id>) -> Result<Response, DeskError> {
    let category = app.store().read_anywhere(move |tx| categories::read(tx, &staff.0, CategoryId(id))).await?;
    Ok(Answer::versioned(&CategoryBody::from(category))?.present(&app))
}

/// Change a category
///
/// Customers see it at once. A category is never deleted, because tickets are in it: with `active: false` no new ones
/// are opened in it.
#[utoipa::path(patch, path = "/desk/categories/{category_id}", tag = "Desk: categories and tags",
    params(("category_id" = i64, Path), WriteHeaders, IfMatchHeader), request_body = ChangeBody,
    responses((status = 200, description = "The category as it is now", body = CategoryBody)))]
pub async fn change(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(id)): Path<Id>,
    repeat: Repeat,
    seen: IfMatch,
    body: Json<ChangeBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let change = CategoryChange::try_from(body.value)?;
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let unchanged = |now: &Category| seen.demand_of(&CategoryBody::from(now.clone()));
        let category = categories::change(tx, &staff.0, CategoryId(id), &change, &unchanged, at)?;
        Answer::versioned(&CategoryBody::from(category))
    })
    .await
}
