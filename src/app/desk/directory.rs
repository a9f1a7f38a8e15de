//! What tickets refer to, by name: staff, teams, categories and tags.

use super::rights::{Right, demand, has};
use crate::domain::category::{Category, Tag};
use crate::domain::team::Team;
use crate::domain::user::Requester;
use crate::domain::{Error, UserId};
use crate::storage::queries::users::{self, StaffMember};
use crate::storage::queries::{catalogue, teams};
use crate::storage::{Tx, together};

/// All there are in a workspace, those that are out of use included.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    pub staff: Vec<StaffMember>,
    pub teams: Vec<Team>,
    pub categories: Vec<Category>,
    pub tags: Vec<Tag>,
}

impl Directory {
    /// The member of staff with this id.
    #[must_use]
    pub fn member(&self, id: UserId) -> Option<&StaffMember> {
        self.staff.iter().find(|member| member.id == id)
    }

    /// Those whom tickets may be assigned to.
    pub fn assignees(&self) -> impl Iterator<Item = &StaffMember> {
        self.staff.iter().filter(|member| member.active && has(member.role, Right::WorkTickets))
    }
}

/// The workspace's directory.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn directory(tx: &mut dyn Tx, staff: &Requester) -> Result<Directory, Error> {
    demand(staff, Right::ReadTickets)?;
    let workspace = staff.workspace;
    together(tx, |tx| {
        Ok(Directory {
            staff: users::staff(tx, workspace)?,
            teams: teams::list(tx, workspace)?,
            categories: catalogue::categories(tx, workspace)?,
            tags: catalogue::tags(tx, workspace)?,
        })
    })
}
