//! Teams, which tickets are given to.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::desk::manage::NAME_MAX_CHARS;
use crate::app::desk::manage::teams::{self, TeamChange};
use crate::domain::team::Team;
use crate::domain::{TeamId, UserId};
use crate::http::desk::body::{Json, Moment, Text};
use crate::http::desk::caller::Staff;
use crate::http::desk::docs::{IfMatchHeader, WriteHeaders};
use crate::http::desk::id::Id;
use crate::http::desk::kept::{Answer, Repeat, answer_once};
use crate::http::desk::params::Params;
use crate::http::desk::problem::DeskError;
use crate::http::desk::version::IfMatch;
use crate::http::{ApiError, AppState};

/// Members of a team at the most.
const MEMBERS_MAX: usize = 1000;

/// A team.
#[derive(Serialize, ToSchema)]
#[schema(as = Team)]
pub struct TeamBody {
    id: i64,
    #[schema(example = "Second level")]
    name: String,
    /// Whether tickets may be given to it
    active: bool,
    /// Ids of members of staff
    members: Vec<i64>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
}

impl From<Team> for TeamBody {
    fn from(team: Team) -> Self {
        Self {
            id: team.id.0,
            name: team.name,
            active: team.active,
            members: team.members.into_iter().map(|member| member.0).collect(),
            created_at: Moment(team.created_at),
        }
    }
}

/// All teams, oldest first.
#[derive(Serialize, ToSchema)]
#[schema(as = Teams)]
struct ListBody {
    teams: Vec<TeamBody>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = NewTeam)]
#[serde(deny_unknown_fields)]
pub struct NewBody {
    #[schema(value_type = String, max_length = 200)]
    name: Text<1, NAME_MAX_CHARS>,
    /// Ids of members of staff
    #[serde(default)]
    #[schema(max_items = 1000)]
    members: Vec<i64>,
}

/// What to change; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = TeamChange)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Option<Text<1, NAME_MAX_CHARS>>,
    active: Option<bool>,
    /// Ids of all members of staff that are then in it
    #[schema(max_items = 1000)]
    members: Option<Vec<i64>>,
}

impl TryFrom<ChangeBody> for TeamChange {
    type Error = ApiError;

    fn try_from(body: ChangeBody) -> Result<Self, ApiError> {
        let members = body.members.map(members).transpose()?;
        Ok(Self { name: body.name.map(|name| name.0), active: body.active, members })
    }
}

fn members(ids: Vec<i64>) -> Result<Vec<UserId>, ApiError> {
    if ids.len() > MEMBERS_MAX {
        return Err(ApiError::field("members", format!("A team has {MEMBERS_MAX} members at the most.")));
    }
    Ok(ids.into_iter().map(UserId).collect())
}

/// List teams
///
/// Oldest first, inactive ones included.
#[utoipa::path(get, path = "/desk/teams", tag = "Desk: staff",
    responses((status = 200, description = "All teams", body = ListBody)))]
pub async fn list(State(app): State<AppState>, staff: Staff, params: Params) -> Result<Response, DeskError> {
    params.only(&[])?;
    let found = app.store().read_anywhere(move |tx| teams::list(tx, &staff.0)).await?;
    Ok(Answer::versioned(&ListBody { teams: found.into_iter().map(TeamBody::from).collect() })?.present(&app))
}

/// Add a team
#[utoipa::path(post, path = "/desk/teams", tag = "Desk: staff", params(WriteHeaders), request_body = NewBody,
    responses((status = 201, description = "The team", body = TeamBody)))]
pub async fn add(
    State(app): State<AppState>,
    staff: Staff,
    repeat: Repeat,
    body: Json<NewBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let name = body.value.name.0;
    let members = members(body.value.members)?;
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let team = teams::add(tx, &staff.0, &name, &members, at)?;
        let location = format!("/desk/teams/{}", team.id);
        Ok(Answer::versioned(&TeamBody::from(team))?.at(location))
    })
    .await
}

/// Read a team
#[utoipa::path(get, path = "/desk/teams/{team_id}", tag = "Desk: staff", params(("team_id" = i64, Path)),
    responses((status = 200, description = "The team; `ETag` is its version", body = TeamBody)))]
pub async fn read(State(app): State<AppState>, staff: Staff, Path(Id(id)): Path<Id>) -> Result<Response, DeskError> {
    let team = app.store().read_anywhere(move |tx| teams::read(tx, &staff.0, TeamId(id))).await?;
    Ok(Answer::versioned(&TeamBody::from(team))?.present(&app))
}

/// Change a team
///
/// Who comes to it reaches its tickets at once, who leaves it no longer. A team is never deleted, because tickets name
/// it: with `active: false` no tickets are given to it.
#[utoipa::path(patch, path = "/desk/teams/{team_id}", tag = "Desk: staff",
    params(("team_id" = i64, Path), WriteHeaders, IfMatchHeader), request_body = ChangeBody,
    responses((status = 200, description = "The team as it is now", body = TeamBody)))]
pub async fn change(
    State(app): State<AppState>,
    staff: Staff,
    Path(Id(id)): Path<Id>,
    repeat: Repeat,
    seen: IfMatch,
    body: Json<ChangeBody>,
) -> Result<Response, DeskError> {
    let request = repeat.request(&staff, &app, &body.digest);
    let change = TeamChange::try_from(body.value)?;
    let at = app.clock().now();
    answer_once(&app, request, at, move |tx| {
        let unchanged = |now: &Team| seen.demand_of(&TeamBody::from(now.clone()));
        let team = teams::change(tx, &staff.0, TeamId(id), &change, &unchanged, at)?;
        Answer::versioned(&TeamBody::from(team))
    })
    .await
}
