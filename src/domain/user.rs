//! Who uses the desk.

use std::fmt;
use std::str::FromStr;

use super::{ApplicationId, Timestamp, UserId, WorkspaceId, text};

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Opens tickets and sees their own.
    Customer,
    /// Reads what agents read, and changes none of it.
    ReadOnly,
    /// Answers the tickets of their teams, and those assigned to them; sees no others.
    TeamAgent,
    /// Answers tickets.
    Agent,
    /// Answers tickets and runs the workspace.
    Admin,
}

impl Role {
    /// All there are.
    pub const ALL: [Self; 5] = [Self::Customer, Self::ReadOnly, Self::TeamAgent, Self::Agent, Self::Admin];

    /// The word that is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::ReadOnly => "read-only",
            Self::TeamAgent => "team-agent",
            Self::Agent => "agent",
            Self::Admin => "admin",
        }
    }

    /// Whether this is a member of staff.
    #[must_use]
    pub fn is_staff(self) -> bool {
        self != Self::Customer
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == word).ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|role| role.as_str()).collect();
            format!("role \"{word}\" is not one of {}", words.join(", "))
        })
    }
}

/// The application that calls, known by its apikey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Application {
    pub id: ApplicationId,
    pub workspace: WorkspaceId,
}

/// The user on whose behalf a request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requester {
    pub workspace: WorkspaceId,
    pub user: UserId,
    pub role: Role,
}

/// A user, as the staff see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: UserId,
    pub email: String,
    /// Empty if it is not known.
    pub name: String,
    pub role: Role,
    /// Whether they may sign in.
    pub active: bool,
    /// Whether single keys do something in the console.
    pub shortcuts: bool,
    pub created_at: Timestamp,
}

/// An e-mail address, which is also how a user signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Checks that `given` looks like an address: something, `@`, something, no white space, at most 254 bytes
    /// (RFC 5321). Whether mail arrives there only mail can tell.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(given: &str) -> Result<Self, String> {
        let trimmed = text::trim(given);
        let well_formed = trimmed.len() <= 254
            && !trimmed.chars().any(|c| text::is_space(c) || c.is_control())
            && trimmed.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        if well_formed { Ok(Self(trimmed.to_owned())) } else { Err(format!("\"{trimmed}\" is not an e-mail address")) }
    }

    /// The address as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form by which users are found; two addresses that fold alike are one user's.
    #[must_use]
    pub fn folded(&self) -> String {
        text::fold(&self.0).into_owned()
    }
}
