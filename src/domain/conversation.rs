//! What is said on a ticket.

/// Who may read a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// The requester and the staff.
    Public,
    /// The staff alone: an internal note. It never reaches the customer API.
    Internal,
}

impl Visibility {
    /// Whether this is an internal note.
    #[must_use]
    pub fn is_internal(self) -> bool {
        self == Self::Internal
    }
}
