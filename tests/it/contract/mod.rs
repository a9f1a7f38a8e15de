//! The customer API, page by page, in the contract's order.

mod attachments;
mod bad_values;
mod conversation;
mod create_ticket;
mod detailed_view;
mod download;
mod download_ranges;
mod idempotency;
mod limits;
mod status;
mod update_ticket;
