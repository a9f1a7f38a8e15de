//! Who of the staff may do what: the one table, and the one place that asks it.

use crate::domain::Error;
use crate::domain::user::{Requester, Role};

/// Something that not everybody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Look at tickets, as far as the role reaches, and at the people, teams, categories and tags that they name.
    ReadTickets,
    /// Change, answer, open and merge them.
    WorkTickets,
    /// Keep views, drafts and preferences of one's own.
    KeepOwn,
    /// Write canned replies of one's own.
    WriteCannedReplies,
    /// Add requesters and change what is known of them.
    ManageRequesters,
    /// Change what all staff share: views and canned replies.
    ManageShared,
    /// Add staff, change their roles and lock them out; manage teams.
    ManageStaff,
    /// Manage categories and tags.
    ManageCatalogue,
    /// Manage apikeys and identity providers.
    ManageAccess,
    /// Change the workspace's settings.
    ManageWorkspace,
    /// Read the audit log.
    ReadAudit,
}

impl Right {
    /// The word that clients see.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadTickets => "read-tickets",
            Self::WorkTickets => "work-tickets",
            Self::KeepOwn => "keep-own",
            Self::WriteCannedReplies => "write-canned-replies",
            Self::ManageRequesters => "manage-requesters",
            Self::ManageShared => "manage-shared",
            Self::ManageStaff => "manage-staff",
            Self::ManageCatalogue => "manage-catalogue",
            Self::ManageAccess => "manage-access",
            Self::ManageWorkspace => "manage-workspace",
            Self::ReadAudit => "read-audit",
        }
    }
}

const EVERYBODY: &[Role] = &[Role::ReadOnly, Role::TeamAgent, Role::Agent, Role::Admin];
const AGENTS: &[Role] = &[Role::TeamAgent, Role::Agent, Role::Admin];
const ADMINS: &[Role] = &[Role::Admin];

/// Every right, and the roles that have it. Customers have none.
pub const RIGHTS: [(Right, &[Role]); 11] = [
    (Right::ReadTickets, EVERYBODY),
    (Right::WorkTickets, AGENTS),
    (Right::KeepOwn, EVERYBODY),
    (Right::WriteCannedReplies, AGENTS),
    (Right::ManageRequesters, AGENTS),
    (Right::ManageShared, ADMINS),
    (Right::ManageStaff, ADMINS),
    (Right::ManageCatalogue, ADMINS),
    (Right::ManageAccess, ADMINS),
    (Right::ManageWorkspace, ADMINS),
    (Right::ReadAudit, ADMINS),
];

/// Whether the role has the right.
#[must_use]
pub fn has(role: Role, right: Right) -> bool {
    RIGHTS.iter().any(|(listed, roles)| *listed == right && roles.contains(&role))
}

/// Goes on only if `staff` has the right.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn demand(staff: &Requester, right: Right) -> Result<(), Error> {
    if has(staff.role, right) { Ok(()) } else { Err(Error::Forbidden) }
}
