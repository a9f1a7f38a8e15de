//! The tenant.

use super::WorkspaceId;

/// The open-ticket limit of a workspace that does not say otherwise (contract, endpoint 2).
pub const DEFAULT_OPEN_TICKET_LIMIT: i64 = 10;

/// A workspace and the rules that it sets for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub name: String,
    /// How many tickets a user may have that are not closed; 0 means any number.
    pub open_ticket_limit: i64,
    /// Whether a customer's reply to a closed ticket opens it again.
    pub reopen_on_reply: bool,
}

/// An identity provider whose users' tokens a workspace accepts as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityProvider {
    pub workspace: WorkspaceId,
    /// The `iss` that its tokens must carry.
    pub issuer: String,
    /// The `aud` that its tokens must carry.
    pub audience: String,
    /// Where its public keys are.
    pub jwks_url: String,
    /// The signature algorithms that are accepted, as JOSE names them; never a symmetric one.
    pub algorithms: Vec<String>,
}
