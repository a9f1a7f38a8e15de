//! A ticket's parts and its life.

use super::{Checked, Problem, text};

/// The longest subject, in code points, after trimming (contract, endpoint 2).
pub const SUBJECT_MAX_CHARS: usize = 500;

/// How much a ticket holds, in bytes: what was said on it and what its requester changed. It is shown whole, and so is made
/// whole in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held(pub i64);

impl Held {
    /// The most that its requester may make it hold.
    pub const MAX: Self = Self(16 * 1024 * 1024);

    /// The same for staff, who can still answer on a ticket that is full for its requester.
    pub const MAX_FOR_STAFF: Self = Self(2 * Self::MAX.0);

    /// What a change counts for besides its text: as much as is shown of it.
    const CHANGE: i64 = 512;

    /// What a change that brings `text` counts for.
    #[must_use]
    pub fn by(text: &str) -> Self {
        Self(i64::try_from(text.len()).unwrap_or(i64::MAX).saturating_add(Self::CHANGE))
    }

    /// After a change that brings `text`.
    #[must_use]
    pub fn with(self, text: &str) -> Self {
        Self(self.0.saturating_add(Self::by(text).0))
    }

    /// Whether it is `max` at the most.
    ///
    /// # Errors
    /// [`Problem::TicketFull`] when it is more.
    pub fn within(self, max: Self) -> Result<(), Problem> {
        if self <= max { Ok(()) } else { Err(Problem::TicketFull) }
    }
}

/// How soon a ticket wants an answer, in the reference's numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    Low = 1,
    Medium = 2,
    High = 3,
}

impl Priority {
    /// All there are, the most urgent first.
    pub const ALL: [Self; 3] = [Self::High, Self::Medium, Self::Low];

    /// The priority with this code, exactly as written.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "1" => Some(Self::Low),
            "2" => Some(Self::Medium),
            "3" => Some(Self::High),
            _ => None,
        }
    }

    /// The priority with this number.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.number() == number)
    }

    /// The code that clients send and get.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Low => "1",
            Self::Medium => "2",
            Self::High => "3",
        }
    }

    /// The code as a number.
    #[must_use]
    pub fn number(self) -> i64 {
        self as i64
    }
}

/// Where a ticket stands, in the reference's numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Open = 1,
    Processing = 2,
    Closed = 3,
}

impl Status {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Open, Self::Processing, Self::Closed];

    /// The status with this number.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.number() == number)
    }

    /// The code that clients send and get.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "1",
            Self::Processing => "2",
            Self::Closed => "3",
        }
    }

    /// The code as a number.
    #[must_use]
    pub fn number(self) -> i64 {
        self as i64
    }

    /// Whether a ticket in this status counts against its requester's limit.
    #[must_use]
    pub fn counts_as_open(self) -> bool {
        self != Self::Closed
    }
}

/// What a customer may ask of a ticket's status (endpoint 9: `2` opens again, `3` closes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusRequest {
    Reopen,
    Close,
}

impl StatusRequest {
    /// The request with this code, exactly as written.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "2" => Some(Self::Reopen),
            "3" => Some(Self::Close),
            _ => None,
        }
    }
}

/// What happens to a ticket, as far as its status is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// Its requester asks for another status.
    RequesterAsks(StatusRequest),
    /// Its requester replies; `reopens` is the workspace's `reopen_on_reply`.
    RequesterReplies { reopens: bool },
    /// A member of staff answers it or takes it.
    StaffWorks,
    /// A member of staff sets its status.
    StaffSets(Status),
}

/// The ticket's life, the one state machine (contract, "The ticket's life"): `Open → Processing → Closed → Processing`.
///
/// Gives the status after `happening`, which may be the same.
///
/// # Errors
/// The status that the ticket has already, when its requester asks for what is so.
pub fn next_status(now: Status, happening: Happening) -> Result<Status, Status> {
    use Happening::{RequesterAsks, RequesterReplies, StaffSets, StaffWorks};
    match (happening, now) {
        (RequesterAsks(StatusRequest::Close), Status::Open | Status::Processing) => Ok(Status::Closed),
        (RequesterAsks(StatusRequest::Reopen) | RequesterReplies { reopens: true }, Status::Closed) => {
            Ok(Status::Processing)
        }
        (RequesterAsks(_), already) => Err(already),
        (StaffWorks, Status::Open) => Ok(Status::Processing),
        (RequesterReplies { .. } | StaffWorks, same) => Ok(same),
        (StaffSets(wanted), _) => Ok(wanted),
    }
}

/// A ticket's subject: trimmed, not blank, at most [`SUBJECT_MAX_CHARS`] code points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject(String);

impl Subject {
    /// Checks `given`, which is text without white space around it.
    ///
    /// # Errors
    /// [`Problem::TooLong`].
    pub fn new(given: String) -> Checked<Self> {
        if given.chars().count() > SUBJECT_MAX_CHARS {
            return Err(vec![Problem::TooLong(SUBJECT_MAX_CHARS)]);
        }
        Ok(Self(given))
    }

    /// The subject as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The subject as it is searched.
    #[must_use]
    pub fn folded(&self) -> String {
        text::fold(&self.0).into_owned()
    }
}
