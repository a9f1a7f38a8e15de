//! The customer API, page by page, in the contract's order.

mod attachments;
mod bad_values;
mod create_ticket;
mod update_ticket;
