//! The use cases: a file per verb, each a plain function over a transaction.
//!
//! A use case authorises, loads, decides, writes and records its event. It knows neither HTTP nor which database it is
//! on, and takes the time as an argument.

pub mod authenticate;
pub mod blob_deletion;
pub mod browser_session;
pub mod change_status;
pub mod check;
pub mod desk;
pub mod download_attachment;
pub mod idempotency;
pub mod index_texts;
pub mod installation;
pub mod list_catalogue;
pub mod list_tickets;
pub mod log_chain;
pub mod log_in;
pub mod manage;
pub mod open_ticket;
pub mod own_ticket;
pub mod read_own_ticket;
pub mod recurring;
pub mod refresh_session;
pub mod reply;
pub mod shared_secret;
pub mod sign_in_attempts;
pub mod sweep;
pub mod update_ticket;
pub mod view_ticket;
