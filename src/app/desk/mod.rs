//! What the staff do: the use cases of the desk, for its API and for its console.

pub mod answer_ticket;
pub mod built_in_views;
pub mod bulk_change;
pub mod change_ticket;
pub mod directory;
pub mod list_tickets;
pub mod manage;
pub mod merge_tickets;
pub mod open_for_requester;
pub mod reach;
pub mod read_events;
pub mod read_ticket;
pub mod rights;
pub mod search;
pub mod workplace;
