//! The customer API, page by page, in the contract's order.

mod bad_values;
mod create_ticket;
