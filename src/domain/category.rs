//! The catalogue: what a ticket is about, and what it is tagged with.

use super::{CategoryId, TagId};

/// A category that tickets are opened in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    pub id: CategoryId,
    pub name: String,
    pub description: String,
    /// Its place in the list, smallest first.
    pub position: i64,
    /// Whether new tickets may be opened in it.
    pub active: bool,
}

/// A tag that tickets are sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub id: TagId,
    pub tag: String,
    pub keyword: String,
    /// Whether tickets may be given it.
    pub active: bool,
}
