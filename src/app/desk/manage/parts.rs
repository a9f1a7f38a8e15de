//! The parts of the settings, and to whom each is open. What is done there, each use case decides for itself.

use crate::app::desk::rights::{Right, demand, has};
use crate::domain::Error;
use crate::domain::user::Requester;

/// Something that has settings of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Me,
    Requesters,
    CannedReplies,
    Views,
    Users,
    Teams,
    Categories,
    Tags,
    Apikeys,
    IdentityProviders,
    Workspace,
    Audit,
}

impl Part {
    /// All there are, in the order in which they are shown.
    pub const ALL: [Self; 12] = [
        Self::Me,
        Self::Requesters,
        Self::CannedReplies,
        Self::Views,
        Self::Users,
        Self::Teams,
        Self::Categories,
        Self::Tags,
        Self::Apikeys,
        Self::IdentityProviders,
        Self::Workspace,
        Self::Audit,
    ];

    /// The word for it in addresses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Me => "me",
            Self::Requesters => "requesters",
            Self::CannedReplies => "canned-replies",
            Self::Views => "views",
            Self::Users => "users",
            Self::Teams => "teams",
            Self::Categories => "categories",
            Self::Tags => "tags",
            Self::Apikeys => "apikeys",
            Self::IdentityProviders => "identity-providers",
            Self::Workspace => "workspace",
            Self::Audit => "audit",
        }
    }

    /// What one must be allowed to have something to do there.
    fn right(self) -> Right {
        match self {
            Self::Me | Self::Views => Right::KeepOwn,
            Self::Requesters => Right::ManageRequesters,
            Self::CannedReplies => Right::WriteCannedReplies,
            Self::Users | Self::Teams => Right::ManageStaff,
            Self::Categories | Self::Tags => Right::ManageCatalogue,
            Self::Apikeys | Self::IdentityProviders => Right::ManageAccess,
            Self::Workspace => Right::ManageWorkspace,
            Self::Audit => Right::ReadAudit,
        }
    }
}

/// The parts that are open to `staff`.
pub fn open_to(staff: &Requester) -> impl Iterator<Item = Part> {
    let role = staff.role;
    Part::ALL.into_iter().filter(move |part| has(role, part.right()))
}

/// Goes on only if the part is open to `staff`.
///
/// # Errors
/// [`Error::Forbidden`].
pub fn enter(staff: &Requester, part: Part) -> Result<(), Error> {
    demand(staff, part.right())
}
