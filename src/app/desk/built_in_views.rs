//! The views that every desk has.

use crate::domain::Status;
use crate::domain::user::Requester;
use crate::storage::queries::desk_tickets::{DeskFilter, Snoozed, Whose};

/// A filter that everybody has, by a name of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltInView {
    /// Assigned to who looks, and not closed.
    Mine,
    /// Assigned to nobody, and not closed.
    Unassigned,
    Open,
    Processing,
    /// Out of sight until a time that has not come.
    Snoozed,
    Closed,
    All,
}

impl BuiltInView {
    /// All there are, in the order in which they are shown.
    pub const ALL: [Self; 7] =
        [Self::Mine, Self::Unassigned, Self::Open, Self::Processing, Self::Snoozed, Self::Closed, Self::All];

    /// The word for it in addresses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Unassigned => "unassigned",
            Self::Open => "open",
            Self::Processing => "processing",
            Self::Snoozed => "snoozed",
            Self::Closed => "closed",
            Self::All => "all",
        }
    }

    /// The view with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.word() == word)
    }

    /// What it shows to `staff`.
    #[must_use]
    pub fn filter(self, staff: &Requester) -> DeskFilter {
        let unfinished = || vec![Status::Open, Status::Processing];
        match self {
            Self::Mine => {
                let assignee = Some(Whose::Is(staff.user));
                DeskFilter { assignee, statuses: unfinished(), ..DeskFilter::default() }
            }
            Self::Unassigned => {
                DeskFilter { assignee: Some(Whose::Nobodys), statuses: unfinished(), ..DeskFilter::default() }
            }
            Self::Open => DeskFilter { statuses: vec![Status::Open], ..DeskFilter::default() },
            Self::Processing => DeskFilter { statuses: vec![Status::Processing], ..DeskFilter::default() },
            Self::Snoozed => DeskFilter { snoozed: Snoozed::Only, ..DeskFilter::default() },
            Self::Closed => {
                DeskFilter { statuses: vec![Status::Closed], snoozed: Snoozed::Included, ..DeskFilter::default() }
            }
            Self::All => DeskFilter { snoozed: Snoozed::Included, ..DeskFilter::default() },
        }
    }
}
