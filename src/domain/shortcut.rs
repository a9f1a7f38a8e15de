//! What spares the staff from doing the same again: canned replies and saved views.

use super::{CannedReplyId, SavedViewId, Timestamp, UserId};

/// Text that staff put into their answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannedReply {
    pub id: CannedReplyId,
    /// `None` if it is everybody's.
    pub owner: Option<UserId>,
    /// What is typed to have it.
    pub shortcut: String,
    pub body: String,
    pub created_at: Timestamp,
}

/// A filter of the list of tickets that has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    pub id: SavedViewId,
    /// Who saved it.
    pub owner: UserId,
    /// Whether it is everybody's.
    pub shared: bool,
    pub name: String,
    /// The query of the list of tickets, as its address has it.
    pub query: String,
    pub created_at: Timestamp,
}
