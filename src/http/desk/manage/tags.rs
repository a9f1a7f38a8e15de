//! Tags, which tickets are sorted by.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::desk::manage::NAME_MAX_CHARS;
use crate::app::desk::manage::tags::{self, TagChange};
use crate::domain::TagId;
use crate::domain::category::Tag;
use crate::http::AppState;
use crate::http::desk::body::{Json, Text};
use crate::http::desk::caller::Staff;
use crate::http::desk::docs::{IfMatchHeader, WriteHeaders};
use crate::http::desk::id::Id;
use crate::http::desk::kept::{Answer, Repeat, answer_once};
use crate::http::desk::params::Params;
use crate::http::desk::problem::DeskError;
use crate::http::desk::version::IfMatch;

/// A tag.
#[derive(Serialize, ToSchema)]
#[schema(as = DeskTag)]
pub struct TagBody {
    id: i64,
    #[schema(example = "Refund")]
    tag: String,
    #[schema(example = "refund")]
    keyword: String,
    /// Whether tickets may be given it
    active: bool,
}

impl From<Tag> for TagBody {
    fn from(tag: Tag) -> Self {
        let Tag { id, tag, keyword, active } = tag;
        Self { id: id.0, tag, keyword, active }
    }
}

/// All tags, oldest first.
#[derive(Serialize, ToSchema)]
#[schema(as = DeskTags)]
struct ListBody {
    tags: Vec<TagBody>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = NewTag)]
#[serde(deny_unknown_fields)]
pub struct NewBody {
    #[schema(value_type = String, max_length = 200)]
    tag: Text<1, NAME_MAX_CHARS>,
    #[schema(value_type = String, max_length = 200)]
    keyword: Text<1, NAME_MAX_CHARS>,
}

/// What to change; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = TagChange)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    #[schema(value_type = Option<String>, max_length = 200)]
    tag: Option<Text<1, NAME_MAX_CHARS>>,
    #[schema(value_type = Option<String>, max_length = 200)]
    keyword: Option<Text<1, NAME_MAX_CHARS>>,
    active: Option<bool>,
}

impl From<ChangeBody> for TagChange {
    fn from(body: ChangeBody) -> Self {
        Self { tag: body.tag.map(|tag| tag.0), keyword: body.keyword.map(|keyword| keyword.0), active: body.active }
    }
}

/// List tags
///
/// Oldest first, inactive ones included.
#[utoipa::path(get, path = "/desk/tags", tag = "Desk: categories and tags",
    responses((status = 200, description = "All tags", body = ListBody)))]
pub async fn list(State(app): State<AppState>, staff: Staff, params: Params) -> Result<Response, DeskError> {
    params.only(&[])?;
    let found = app.store().read_anywhere(move |tx| tags::list(tx, &staff.0)).await?;
    Ok(Answer::versioned(&ListBody { tags: found.into_iter().map(TagBody::from).collect() })?.present(&app))
}

/// Add a tag
#[utoipa::path(post, path = "/desk/tags", tag = "Desk: categories and tags", params(WriteHeaders),
    request_body = NewBody,
    responses((status = 201, description = "The tag", body = TagBody)))]
pub async fn add(
    State(app): State<AppState>,
    staff: Staff,
    repeat: Repeat,
    body: Json<NewBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let NewBody { tag, keyword } = body.value;
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let tag = tags::add(tx, &staff.0, &tag.0, &keyword.0, at)?;
        let location = format!("/desk/tags/{}", tag.id);
        Ok(Answer::versioned(&TagBody::from(tag))?.at(location))
    })
    .await
}

/// Read a tag
#[utoipa::path(get, path = "/desk/tags/{tag_id}", tag = "Desk: categories and tags",
    params(("tag_id" = i64, Path)),
    responses((status = 200, description = "The tag; `ETag` is its version", body = TagBody)))]
pub async fn read(State(app): State<AppState>, staff: Staff, Path(Id(id)): Path<Id>) -> Result<Response, DeskError> {
    let tag = app.store().read_anywhere(move |tx| tags::read(tx, &staff.0, TagId(id))).await?;
    Ok(Answer::versioned(&TagBody::from(tag))?.present(&app))
}

/// Change a tag
///
/// Customers see it at once. A tag is never deleted, because tickets have it: with `active: false` no others get it.
#[utoipa::path(patch, path = "/desk/tags/{tag_id}", tag = "Desk: categories and tags",
    params(("tag_id" = i64, Path), WriteHeaders, IfMatchHeader), request_body = ChangeBody,
    responses((status = 200, description = "The tag as it is now", body = TagBody)))]
pub async fn change(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(id)): Path<Id>,
    repeat: Repeat,
    seen: IfMatch,
    body: Json<ChangeBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let change = TagChange::from(body.value);
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let unchanged = |now: &Tag| seen.demand_of(&TagBody::from(now.clone()));
        let tag = tags::change(tx, &staff.0, TagId(id), &change, &unchanged, at)?;
        Answer::versioned(&TagBody::from(tag))
    })
    .await
}
