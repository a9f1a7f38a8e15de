//! The customer API, page by page, in the contract's order.

mod create_ticket;
