//! The workspace's settings.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::desk::manage::NAME_MAX_CHARS;
use crate::app::desk::manage::workspace::{self, WorkspaceChange};
use crate::domain::workspace::Workspace;
use crate::http::AppState;
use crate::http::desk::body::{Json, Text};
use crate::http::desk::caller::Staff;
use crate::http::desk::docs::{IfMatchHeader, WriteHeaders};
use crate::http::desk::kept::{Answer, Repeat, answer_once};
use crate::http::desk::problem::DeskError;
use crate::http::desk::version::IfMatch;

/// The caller's workspace.
#[derive(Serialize, ToSchema)]
#[schema(as = Workspace)]
struct WorkspaceBody {
    id: i64,
    name: String,
    /// How many tickets a customer may have that are not closed; 0 is any number
    open_ticket_limit: i64,
    /// Whether a customer's reply to a closed ticket opens it again
    reopen_on_reply: bool,
}

impl From<Workspace> for WorkspaceBody {
    fn from(workspace: Workspace) -> Self {
        let Workspace { id, name, open_ticket_limit, reopen_on_reply } = workspace;
        Self { id: id.0, name, open_ticket_limit, reopen_on_reply }
    }
}

/// What to change; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = WorkspaceChange)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    /// The command line knows the workspace by its name
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Option<Text<1, NAME_MAX_CHARS>>,
    #[schema(minimum = 0)]
    open_ticket_limit: Option<i64>,
    reopen_on_reply: Option<bool>,
}

/// Read the workspace's settings
#[utoipa::path(get, path = "/desk/workspace", tag = "Desk: workspace",
    responses((status = 200, description = "The settings; `ETag` is their version", body = WorkspaceBody)))]
pub async fn read(State(app): State<AppState>, staff: Staff) -> Result<Response, DeskError> {
    let found = app.store().read_anywhere(move |tx| workspace::read(tx, &staff.0)).await?;
    Ok(Answer::versioned(&WorkspaceBody::from(found))?.present(&app))
}

/// Change the workspace's settings
#[utoipa::path(patch, path = "/desk/workspace", tag = "Desk: workspace", params(WriteHeaders, IfMatchHeader),
    request_body = ChangeBody,
    responses((status = 200, description = "The settings as they are now", body = WorkspaceBody)))]
pub async fn change(
    State(app): State<AppState>,
    staff: Staff,
    repeat: Repeat,
    seen: IfMatch,
    body: Json<ChangeBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let ChangeBody { name, open_ticket_limit, reopen_on_reply } = body.value;
    let change = WorkspaceChange { name: name.map(|name| name.0), open_ticket_limit, reopen_on_reply };
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let unchanged = |now: &Workspace| seen.demand_of(&WorkspaceBody::from(now.clone()));
        let changed = workspace::change(tx, &staff.0, &change, &unchanged, at)?;
        Answer::versioned(&WorkspaceBody::from(changed))
    })
    .await
}
