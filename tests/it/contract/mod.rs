//! The customer API, page by page, in the contract's order.

mod addresses;
mod bodies;
mod body_limits;
mod category_list;
mod create_ticket;
mod history;
mod history_pages;
mod login;
mod own_identity_provider;
mod refresh;
mod tags;
mod who_is_calling;
