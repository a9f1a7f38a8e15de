//! Views: filters of the list of tickets that have a name.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::desk::built_in_views::{BUILT_IN, BuiltInView};
use crate::app::desk::list_tickets::{COUNTED_OF_VIEW_MAX, count_tickets};
use crate::app::desk::manage::NAME_MAX_CHARS;
use crate::app::desk::manage::saved_views::{self, ViewChange};
use crate::domain::shortcut::SavedView;
use crate::domain::user::Requester;
use crate::domain::{Error, SavedViewId, Timestamp};
use crate::http::desk::body::{Json, Moment, Text};
use crate::http::desk::caller::Staff;
use crate::http::desk::docs::{IfMatchHeader, WriteHeaders};
use crate::http::desk::id::Id;
use crate::http::desk::kept::{Answer, Repeat, answer_once};
use crate::http::desk::params::Params;
use crate::http::desk::problem::DeskError;
use crate::http::desk::version::IfMatch;
use crate::http::{ApiError, AppState, tickets_query};
use crate::storage::Tx;

/// The longest query, in characters.
const QUERY_MAX_CHARS: usize = 4000;

/// A view.
#[derive(Serialize, ToSchema)]
#[schema(as = View)]
pub struct ViewBody {
    /// Null if it is built in
    id: Option<i64>,
    #[schema(example = "Urgent and open")]
    name: String,
    /// What to give to the list of tickets
    #[schema(example = "priority=high&status=open,processing")]
    query: String,
    /// Whether it is everybody's, and not the caller's own
    shared: bool,
    /// Null if it is built in
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Moment>,
    /// How many tickets within reach it shows, if `counts=true` asked for it; null for more than 1 000
    #[serde(skip_serializing_if = "Option::is_none")]
    #[expect(clippy::option_option, reason = "not asked for, too many to count, and a number are three answers")]
    count: Option<Option<i64>>,
}

impl From<SavedView> for ViewBody {
    fn from(view: SavedView) -> Self {
        Self {
            id: Some(view.id.0),
            name: view.name,
            query: view.query,
            shared: view.shared,
            created_at: Some(Moment(view.created_at)),
            count: None,
        }
    }
}

impl ViewBody {
    fn built_in(view: &BuiltInView) -> Self {
        let (name, query) = (view.name.to_owned(), view.query.to_owned());
        Self { id: None, name, query, shared: true, created_at: None, count: None }
    }
}

fn count(views: &mut [ViewBody], tx: &mut dyn Tx, staff: &Requester, now: Timestamp) -> Result<(), Error> {
    // A query that an older version could read and this one cannot counts nothing.
    let read = |view: &ViewBody| tickets_query::parse(&view.query, staff).ok();
    let (views, queries): (Vec<_>, Vec<_>) =
        views.iter_mut().filter_map(|view| read(view).map(|query| (view, query))).unzip();
    let lists: Vec<_> = queries.iter().map(|query| (&query.filter, COUNTED_OF_VIEW_MAX)).collect();
    for (view, count) in views.into_iter().zip(count_tickets(tx, staff, &lists, now)?) {
        view.count = Some(count);
    }
    Ok(())
}

/// The built-in views, everybody's, and the caller's own.
#[derive(Serialize, ToSchema)]
#[schema(as = Views)]
struct ListBody {
    views: Vec<ViewBody>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the derive alone")]
pub struct ListParameters {
    /// Whether to count the tickets of each
    #[param(default = false)]
    counts: Option<bool>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = NewView)]
#[serde(deny_unknown_fields)]
pub struct NewBody {
    #[schema(value_type = String, max_length = 200)]
    name: Text<1, NAME_MAX_CHARS>,
    /// A query of the list of tickets, without `limit`, `cursor` and `count`
    #[schema(value_type = String)]
    query: Text<0, QUERY_MAX_CHARS>,
    /// Whether it is for everybody, which stays so
    #[serde(default)]
    shared: bool,
}

/// What to change; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = ViewChange)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Option<Text<1, NAME_MAX_CHARS>>,
    #[schema(value_type = Option<String>)]
    query: Option<Text<0, QUERY_MAX_CHARS>>,
}

/// A query that can be a view's.
fn checked(query: &Text<0, QUERY_MAX_CHARS>, staff: &Staff) -> Result<String, ApiError> {
    tickets_query::check_view(&query.0, &staff.0).map_err(|error| error.under("query"))?;
    Ok(query.0.clone())
}

/// List views
///
/// The built-in ones, everybody's, and the caller's own.
#[utoipa::path(get, path = "/desk/views", tag = "Desk: canned replies and views", params(ListParameters),
    responses((status = 200, description = "All that the caller can use", body = ListBody)))]
pub async fn list(State(app): State<AppState>, staff: Staff, params: Params) -> Result<Response, DeskError> {
    let counts = params.only(&["counts"])?.flag("counts")?;
    let now = app.clock().now();
    let views = app
        .store()
        .read_anywhere(move |tx| {
            let saved = saved_views::list(tx, &staff.0)?;
            let views = BUILT_IN.iter().map(ViewBody::built_in).chain(saved.into_iter().map(ViewBody::from));
            let mut views: Vec<_> = views.collect();
            if counts {
                count(&mut views, tx, &staff.0, now)?;
            }
            Ok(views)
        })
        .await?;
    Ok(Answer::versioned(&ListBody { views })?.present(&app))
}

/// Save a view
///
/// For the caller alone, or with `shared` for everybody. In it, `me` is whoever looks at it.
#[utoipa::path(post, path = "/desk/views", tag = "Desk: canned replies and views", params(WriteHeaders),
    request_body = NewBody,
    responses((status = 201, description = "The view", body = ViewBody)))]
pub async fn add(
    State(app): State<AppState>,
    staff: Staff,
    repeat: Repeat,
    body: Json<NewBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let NewBody { name, query, shared } = body.value;
    let query = checked(&query, &staff)?;
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let view = saved_views::add(tx, &staff.0, shared, &name.0, &query, at)?;
        let location = format!("/desk/views/{}", view.id);
        Ok(Answer::versioned(&ViewBody::from(view))?.at(location))
    })
    .await
}

/// Read a view
#[utoipa::path(get, path = "/desk/views/{view_id}", tag = "Desk: canned replies and views",
    params(("view_id" = i64, Path)),
    responses((status = 200, description = "The view; `ETag` is its version", body = ViewBody)))]
pub async fn read(State(app): State<AppState>, staff: Staff, Path(Id(id)): Path<Id>) -> Result<Response, DeskError> {
    let view = app.store().read_anywhere(move |tx| saved_views::read(tx, &staff.0, SavedViewId(id))).await?;
    Ok(Answer::versioned(&ViewBody::from(view))?.present(&app))
}

/// Change a view
#[utoipa::path(patch, path = "/desk/views/{view_id}", tag = "Desk: canned replies and views",
    params(("view_id" = i64, Path), WriteHeaders, IfMatchHeader), request_body = ChangeBody,
    responses((status = 200, description = "The view as it is now", body = ViewBody)))]
pub async fn change(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(id)): Path<Id>,
    repeat: Repeat,
    seen: IfMatch,
    body: Json<ChangeBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let ChangeBody { name, query } = body.value;
    let query = query.map(|query| checked(&query, &staff)).transpose()?;
    let change = ViewChange { name: name.map(|name| name.0), query };
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let unchanged = |now: &SavedView| seen.demand_of(&ViewBody::from(now.clone()));
        let view = saved_views::change(tx, &staff.0, SavedViewId(id), &change, &unchanged, at)?;
        Answer::versioned(&ViewBody::from(view))
    })
    .await
}

/// Delete a view
#[utoipa::path(delete, path = "/desk/views/{view_id}", tag = "Desk: canned replies and views",
    params(("view_id" = i64, Path), WriteHeaders, IfMatchHeader),
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
        let unchanged = |now: &SavedView| seen.demand_of(&ViewBody::from(now.clone()));
        saved_views::remove(tx, &staff.0, SavedViewId(id), &unchanged, at)?;
        Ok(Answer::nothing())
    })
    .await
}
