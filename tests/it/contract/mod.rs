//! The customer API, page by page, in the contract's order.

mod addresses;
mod category_list;
mod create_ticket;
mod login;
mod refresh;
mod tags;
