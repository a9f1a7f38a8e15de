//! What tells an installation from all others, and from itself at an earlier moment.

/// An installation at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// What tells it from others. A database that was restored elsewhere by its server's own means, from a dump, say, is
    /// another one.
    pub identity: String,
    /// How often it has begun to sweep. Fewer than were seen before tell a database that was put back to an earlier moment.
    pub sweeps: i64,
}
