//! What happened, for ever.

use serde_json::{Value, json};

use super::{ConversationId, Priority, Status, TagId, TicketId, Timestamp, UserId, WorkspaceId};

/// One change, as it is recorded in the transaction that makes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub workspace: WorkspaceId,
    pub ticket: TicketId,
    /// Who did it.
    pub actor: UserId,
    pub at: Timestamp,
    pub change: Change,
}

/// What changed, before and after.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Opened { priority: Priority, category: super::CategoryId },
    Replied { conversation: ConversationId },
    Noted { conversation: ConversationId },
    StatusChanged { before: Status, after: Status },
    PriorityChanged { before: Priority, after: Priority },
    TagsChanged { before: Vec<TagId>, after: Vec<TagId> },
    LockChanged { before: bool, after: bool },
}

impl Change {
    /// The name that is stored.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "ticket.opened",
            Self::Replied { .. } => "ticket.replied",
            Self::Noted { .. } => "ticket.noted",
            Self::StatusChanged { .. } => "ticket.status_changed",
            Self::PriorityChanged { .. } => "ticket.priority_changed",
            Self::TagsChanged { .. } => "ticket.tags_changed",
            Self::LockChanged { .. } => "ticket.lock_changed",
        }
    }

    /// What was so before, if anything was.
    #[must_use]
    pub fn before(&self) -> Option<Value> {
        match self {
            Self::Opened { .. } | Self::Replied { .. } | Self::Noted { .. } => None,
            Self::StatusChanged { before, .. } => Some(json!({ "status": before.code() })),
            Self::PriorityChanged { before, .. } => Some(json!({ "priority": before.code() })),
            Self::TagsChanged { before, .. } => Some(json!({ "tags": before })),
            Self::LockChanged { before, .. } => Some(json!({ "locked": before })),
        }
    }

    /// What is so now.
    #[must_use]
    pub fn after(&self) -> Value {
        match self {
            Self::Opened { priority, category } => {
                json!({ "status": Status::Open.code(), "priority": priority.code(), "category": category })
            }
            Self::Replied { conversation } | Self::Noted { conversation } => json!({ "conversation": conversation }),
            Self::StatusChanged { after, .. } => json!({ "status": after.code() }),
            Self::PriorityChanged { after, .. } => json!({ "priority": after.code() }),
            Self::TagsChanged { after, .. } => json!({ "tags": after }),
            Self::LockChanged { after, .. } => json!({ "locked": after }),
        }
    }
}
