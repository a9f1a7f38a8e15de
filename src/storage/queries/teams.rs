//! Teams of staff.

use super::{Param, Row, StorageError, Tx, collect, first, statements};
use crate::domain::team::Team;
use crate::domain::{TeamId, Timestamp, UserId, WorkspaceId};

statements! {
    ACTIVE = "SELECT 1 FROM team WHERE workspace_id = $1 AND id = $2 AND active = TRUE";
    LIST = "SELECT id, name, active, created_at FROM team WHERE workspace_id = $1 ORDER BY id";
    BY_ID = "SELECT id, name, active, created_at FROM team WHERE workspace_id = $1 AND id = $2";
    LOCK = "UPDATE team SET active = active WHERE workspace_id = $1 AND id = $2 RETURNING id, name, active, created_at";
    INSERT = "INSERT INTO team (workspace_id, name, active, created_at) VALUES ($1, $2, TRUE, $3)
              ON CONFLICT (workspace_id, name) DO NOTHING RETURNING id";
    SET = "UPDATE team SET name = $1, active = $2 WHERE workspace_id = $3 AND id = $4";
    ALL_MEMBERS = "SELECT team_id, user_id FROM team_member WHERE workspace_id = $1 ORDER BY team_id, user_id";
    MEMBERS = "SELECT user_id FROM team_member WHERE workspace_id = $1 AND team_id = $2 ORDER BY user_id";
    CLEAR_MEMBERS = "DELETE FROM team_member WHERE workspace_id = $1 AND team_id = $2";
    ADD_MEMBER = "INSERT INTO team_member (workspace_id, team_id, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
}

/// Whether tickets may be given to this team.
pub fn is_active(tx: &mut dyn Tx, workspace: WorkspaceId, id: TeamId) -> Result<bool, StorageError> {
    Ok(first(tx, ACTIVE, &[Param::Int(workspace.0), Param::Int(id.0)], |_| Ok(()))?.is_some())
}

/// The workspace's teams with their members, oldest first, inactive ones included.
pub fn list(tx: &mut dyn Tx, workspace: WorkspaceId) -> Result<Vec<Team>, StorageError> {
    let mut teams = collect(tx, LIST, &[Param::Int(workspace.0)], read)?;
    let members =
        collect(tx, ALL_MEMBERS, &[Param::Int(workspace.0)], |row| Ok((TeamId(row.int(0)?), UserId(row.int(1)?))))?;
    for (team, user) in members {
        // Both are in the order of teams.
        if let Ok(place) = teams.binary_search_by_key(&team, |team| team.id) {
            teams[place].members.push(user);
        }
    }
    Ok(teams)
}

/// The team with this id.
pub fn by_id(tx: &mut dyn Tx, workspace: WorkspaceId, id: TeamId) -> Result<Option<Team>, StorageError> {
    with_members(tx, BY_ID, workspace, id)
}

/// The team with this id, which stays as it is until the transaction ends.
pub fn lock(tx: &mut dyn Tx, workspace: WorkspaceId, id: TeamId) -> Result<Option<Team>, StorageError> {
    with_members(tx, LOCK, workspace, id)
}

fn with_members(
    tx: &mut dyn Tx,
    sql: &'static str,
    workspace: WorkspaceId,
    id: TeamId,
) -> Result<Option<Team>, StorageError> {
    let params = [Param::Int(workspace.0), Param::Int(id.0)];
    let Some(mut team) = first(tx, sql, &params, read)? else { return Ok(None) };
    team.members = collect(tx, MEMBERS, &params, |row| row.int(0).map(UserId))?;
    Ok(Some(team))
}

/// Adds a team without members; `None` when the name is taken.
pub fn insert(
    tx: &mut dyn Tx,
    workspace: WorkspaceId,
    name: &str,
    at: Timestamp,
) -> Result<Option<TeamId>, StorageError> {
    let params = [Param::Int(workspace.0), Param::Text(name), Param::Int(at.0)];
    first(tx, INSERT, &params, |row| row.int(0).map(TeamId))
}

/// Changes a team and its members.
pub fn set(tx: &mut dyn Tx, workspace: WorkspaceId, team: &Team) -> Result<(), StorageError> {
    let (workspace, id) = (Param::Int(workspace.0), Param::Int(team.id.0));
    tx.execute_later(SET, &[Param::Text(&team.name), Param::Bool(team.active), workspace, id])?;
    tx.execute_later(CLEAR_MEMBERS, &[workspace, id])?;
    for user in &team.members {
        tx.execute_later(ADD_MEMBER, &[workspace, id, Param::Int(user.0)])?;
    }
    Ok(())
}

fn read(row: &dyn Row) -> Result<Team, StorageError> {
    Ok(Team {
        id: TeamId(row.int(0)?),
        name: row.text(1)?.to_owned(),
        active: row.bool(2)?,
        created_at: Timestamp(row.int(3)?),
        members: Vec::new(),
    })
}
