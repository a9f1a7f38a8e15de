//! What happened, for ever.

use serde_json::{Value, json};

use super::{CategoryId, ConversationId, Priority, Status, TagId, TeamId, TicketId, Timestamp, UserId, WorkspaceId};

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
    Opened {
        priority: Priority,
        category: CategoryId,
    },
    Replied {
        conversation: ConversationId,
    },
    Noted {
        conversation: ConversationId,
    },
    StatusChanged {
        before: Status,
        after: Status,
    },
    PriorityChanged {
        before: Priority,
        after: Priority,
    },
    TagsChanged {
        before: Vec<TagId>,
        after: Vec<TagId>,
    },
    LockChanged {
        before: bool,
        after: bool,
    },
    SubjectChanged {
        before: String,
        after: String,
    },
    CategoryChanged {
        before: CategoryId,
        after: CategoryId,
    },
    AssigneeChanged {
        before: Option<UserId>,
        after: Option<UserId>,
    },
    TeamChanged {
        before: Option<TeamId>,
        after: Option<TeamId>,
    },
    /// Out of the staff's sight until `after`.
    SnoozeChanged {
        before: Option<Timestamp>,
        after: Option<Timestamp>,
    },
    /// It lives on in another ticket; or does no longer.
    MergeChanged {
        before: Option<TicketId>,
        after: Option<TicketId>,
    },
    /// Another ticket lives on in this one.
    Absorbed {
        ticket: TicketId,
    },
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
            Self::SubjectChanged { .. } => "ticket.subject_changed",
            Self::CategoryChanged { .. } => "ticket.category_changed",
            Self::AssigneeChanged { .. } => "ticket.assignee_changed",
            Self::TeamChanged { .. } => "ticket.team_changed",
            Self::SnoozeChanged { .. } => "ticket.snooze_changed",
            Self::MergeChanged { .. } => "ticket.merge_changed",
            Self::Absorbed { .. } => "ticket.absorbed",
        }
    }

    /// What was so before, if anything was.
    #[must_use]
    pub fn before(&self) -> Option<Value> {
        match self {
            Self::Opened { .. } | Self::Replied { .. } | Self::Noted { .. } | Self::Absorbed { .. } => None,
            Self::StatusChanged { before, .. } => Some(json!({ "status": before.code() })),
            Self::PriorityChanged { before, .. } => Some(json!({ "priority": before.code() })),
            Self::TagsChanged { before, .. } => Some(json!({ "tags": before })),
            Self::LockChanged { before, .. } => Some(json!({ "locked": before })),
            Self::SubjectChanged { before, .. } => Some(json!({ "subject": before })),
            Self::CategoryChanged { before, .. } => Some(json!({ "category": before })),
            Self::AssigneeChanged { before, .. } => Some(json!({ "assignee": before })),
            Self::TeamChanged { before, .. } => Some(json!({ "team": before })),
            Self::SnoozeChanged { before, .. } => Some(json!({ "snoozed_until": before })),
            Self::MergeChanged { before, .. } => Some(json!({ "merged_into": before })),
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
            Self::SubjectChanged { after, .. } => json!({ "subject": after }),
            Self::CategoryChanged { after, .. } => json!({ "category": after }),
            Self::AssigneeChanged { after, .. } => json!({ "assignee": after }),
            Self::TeamChanged { after, .. } => json!({ "team": after }),
            Self::SnoozeChanged { after, .. } => json!({ "snoozed_until": after }),
            Self::MergeChanged { after, .. } => json!({ "merged_into": after }),
            Self::Absorbed { ticket } => json!({ "ticket": ticket }),
        }
    }
}
