//! Teams, which tickets are given to.

use super::{TeamId, Timestamp, UserId};

/// A team of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    pub id: TeamId,
    pub name: String,
    /// Whether tickets may be given to it.
    pub active: bool,
    pub created_at: Timestamp,
    /// In the order of their ids.
    pub members: Vec<UserId>,
}
