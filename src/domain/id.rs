//! Identifiers. Each kind has a type of its own, so that a ticket's id never passes for a user's.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

id! {
    /// A workspace: the tenant that all other data belong to.
    WorkspaceId,
    /// An application: the holder of one apikey.
    ApplicationId,
    /// A user: a customer or a member of staff.
    UserId,
    /// A session: one sign-in, and the family of refresh tokens that grew from it.
    SessionId,
    /// A category of tickets.
    CategoryId,
    /// A tag on tickets.
    TagId,
    /// A ticket.
    TicketId,
    /// A reply or an internal note on a ticket.
    ConversationId,
    /// A file on a ticket or on a conversation.
    AttachmentId,
    /// An event; later events have larger ids.
    EventId,
    /// A team of staff.
    TeamId,
    /// A canned reply.
    CannedReplyId,
    /// A saved view.
    SavedViewId,
    /// An identity provider.
    IdentityProviderId,
    /// An entry of the audit log; later entries have larger ids.
    AuditId,
}

/// An id as a client wrote it: the number, if one of ours could be it, and the words to echo.
///
/// Contract, "What DRF says of a bad value": surrounding white space, a sign and leading zeros are fine, and a number
/// too large or too small for any row is still a number, one that names nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenId {
    number: Option<i64>,
    given: String,
}

impl GivenId {
    /// Reads `given` as a decimal number; `None` when it is not one.
    #[must_use]
    pub fn parse(given: &str) -> Option<Self> {
        let trimmed = text::trim(given);
        let (negative, digits) = match trimmed.as_bytes().first()? {
            b'-' => (true, &trimmed[1..]),
            b'+' => (false, &trimmed[1..]),
            _ => (false, trimmed),
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let magnitude = digits.parse::<i64>().ok();
        let number = if negative { magnitude.map(|n| -n) } else { magnitude };
        Some(Self { number, given: given.to_owned() })
    }

    /// The same number, echoed as `given`.
    #[must_use]
    pub fn given_as(self, given: &str) -> Self {
        Self { given: given.to_owned(), ..self }
    }

    /// The number, unless no row can have it.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        self.number
    }

    /// The client's own words, for the error that echoes them.
    #[must_use]
    pub fn given(&self) -> &str {
        &self.given
    }
}

/// Reads an id in one of the hand-checked places (contract: `ticket_id` of 5 and 6, `ticket` of 9): decimal digits,
/// trimmed. `None` when it is anything else; `Some(None)` when it is a number that no row can have.
#[must_use]
pub fn parse_plain(given: &str) -> Option<Option<i64>> {
    let trimmed = text::trim(given);
    if trimmed.is_empty() || !trimmed.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(trimmed.parse().ok())
}
