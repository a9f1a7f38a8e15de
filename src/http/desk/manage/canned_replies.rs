//! Canned replies: text that staff put into their answers.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::desk::manage::LONG_TEXT_MAX_CHARS;
use crate::app::desk::manage::canned_replies::{self, CannedReplyChange, SHORTCUT_MAX_CHARS};
use crate::domain::CannedReplyId;
use crate::domain::shortcut::CannedReply;
use crate::http::AppState;
use crate::http::desk::body::{Json, Moment, Text};
use crate::http::desk::caller::Staff;
use crate::http::desk::docs::{IfMatchHeader, WriteHeaders};
use crate::http::desk::id::Id;
use crate::http::desk::kept::{Answer, Repeat, answer_once};
use crate::http::desk::params::Params;
use crate::http::desk::problem::DeskError;
use crate::http::desk::version::IfMatch;

/// A canned reply.
#[derive(Serialize, ToSchema)]
#[schema(as = CannedReply)]
pub struct ReplyBody {
    id: i64,
    /// What is typed to have it: one word
    #[schema(example = "refund")]
    shortcut: String,
    body: String,
    /// Whether it is everybody's, and not the caller's own
    shared: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
}

impl From<CannedReply> for ReplyBody {
    fn from(reply: CannedReply) -> Self {
        Self {
            id: reply.id.0,
            shortcut: reply.shortcut,
            body: reply.body,
            shared: reply.owner.is_none(),
            created_at: Moment(reply.created_at),
        }
    }
}

/// Everybody's canned replies and the caller's own, by shortcut.
#[derive(Serialize, ToSchema)]
#[schema(as = CannedReplies)]
struct ListBody {
    canned_replies: Vec<ReplyBody>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = NewCannedReply)]
#[serde(deny_unknown_fields)]
pub struct NewBody {
    #[schema(value_type = String, max_length = 50)]
    shortcut: Text<1, SHORTCUT_MAX_CHARS>,
    #[schema(value_type = String, max_length = 20_000)]
    body: Text<1, LONG_TEXT_MAX_CHARS>,
    /// Whether it is for everybody, which stays so
    #[serde(default)]
    shared: bool,
}

/// What to change; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = CannedReplyChange)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    #[schema(value_type = Option<String>, max_length = 50)]
    shortcut: Option<Text<1, SHORTCUT_MAX_CHARS>>,
    #[schema(value_type = Option<String>, max_length = 20_000)]
    body: Option<Text<1, LONG_TEXT_MAX_CHARS>>,
}

impl From<ChangeBody> for CannedReplyChange {
    fn from(body: ChangeBody) -> Self {
        Self { shortcut: body.shortcut.map(|shortcut| shortcut.0), body: body.body.map(|body| body.0) }
    }
}

/// List canned replies
///
/// Everybody's and the caller's own, by shortcut. Where both have the same, the caller's own comes second.
#[utoipa::path(get, path = "/desk/canned-replies", tag = "Desk: canned replies and views",
    responses((status = 200, description = "All that the caller can use", body = ListBody)))]
pub async fn list(State(app): State<AppState>, staff: Staff, params: Params) -> Result<Response, DeskError> {
    params.only(&[])?;
    let found = app.store().read_anywhere(move |tx| canned_replies::list(tx, &staff.0)).await?;
    let canned_replies = found.into_iter().map(ReplyBody::from).collect();
    Ok(Answer::versioned(&ListBody { canned_replies })?.present(&app))
}

/// Add a canned reply
///
/// For the caller alone, or with `shared` for everybody. A shortcut is given once by each, and once for everybody.
#[utoipa::path(post, path = "/desk/canned-replies", tag = "Desk: canned replies and views", params(WriteHeaders),
    request_body = NewBody,
    responses((status = 201, description = "The canned reply", body = ReplyBody)))]
pub async fn add(
    State(app): State<AppState>,
    staff: Staff,
    repeat: Repeat,
    body: Json<NewBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let NewBody { shortcut, body, shared } = body.value;
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let reply = canned_replies::add(tx, &staff.0, shared, &shortcut.0, &body.0, at)?;
        let location = format!("/desk/canned-replies/{}", reply.id);
        Ok(Answer::versioned(&ReplyBody::from(reply))?.at(location))
    })
    .await
}

/// Read a canned reply
#[utoipa::path(get, path = "/desk/canned-replies/{reply_id}", tag = "Desk: canned replies and views",
    params(("reply_id" = i64, Path)),
    responses((status = 200, description = "The canned reply; `ETag` is its version", body = ReplyBody)))]
pub async fn read(State(app): State<AppState>, staff: Staff, Path(Id(id)): Path<Id>) -> Result<Response, DeskError> {
    let reply = app.store().read_anywhere(move |tx| canned_replies::read(tx, &staff.0, CannedReplyId(id))).await?;
    Ok(Answer::versioned(&ReplyBody::from(reply))?.present(&app))
}

/// Change a canned reply
#[utoipa::path(patch, path = "/desk/canned-replies/{reply_id}", tag = "Desk: canned replies and views",
    params(("reply_id" = i64, Path), WriteHeaders, IfMatchHeader), request_body = ChangeBody,
    responses((status = 200, description = "The canned reply as it is now", body = ReplyBody)))]
pub async fn change(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(id)): Path<Id>,
    repeat: Repeat,
    seen: IfMatch,
    body: Json<ChangeBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let change = CannedReplyChange::from(body.value);
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let unchanged = |now: &CannedReply| seen.demand_of(&ReplyBody::from(now.clone()));
        let reply = canned_replies::change(tx, &staff.0, CannedReplyId(id), &change, &unchanged, at)?;
        Answer::versioned(&ReplyBody::from(reply))
    })
    .await
}

/// Delete a canned reply
#[utoipa::path(delete, path = "/desk/canned-replies/{reply_id}", tag = "Desk: canned replies and views",
    params(("reply_id" = i64, Path), WriteHeaders, IfMatchHeader),
    responses((status = 204, description = "It is gone")))]
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
        let unchanged = |now: &CannedReply| seen.demand_of(&ReplyBody::from(now.clone()));
        canned_replies::remove(tx, &staff.0, CannedReplyId(id), &unchanged, at)?;
        Ok(Answer::nothing())
    })
    .await
}
