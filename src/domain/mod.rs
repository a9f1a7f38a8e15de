//! Types and rules of a support desk. Nothing in here does I/O, knows a database, a clock or a transport.

pub mod attachment;
pub mod audit;
pub mod category;
pub mod conversation;
pub mod entropy;
pub mod error;
pub mod event;
pub mod id;
pub mod installation;
pub mod search;
pub mod shortcut;
pub mod team;
pub mod text;
pub mod ticket;
pub mod time;
pub mod user;
pub mod workspace;

pub use entropy::Entropy;
pub use error::{AuthFailure, Checked, Conflict, Error, Invalid, Problem};
pub use id::{
    ApplicationId, AttachmentId, AuditId, CannedReplyId, CategoryId, ConversationId, EventId, IdentityProviderId,
    SavedViewId, SessionId, TagId, TeamId, TicketId, UserId, WorkspaceId,
};
pub use ticket::{Priority, Status};
pub use time::{Clock, Timestamp};
