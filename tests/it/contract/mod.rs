//! The customer API, page by page.

mod addresses;
mod attachments;
mod bad_values;
mod bodies;
mod body_limits;
mod category_list;
mod conversation;
mod create_ticket;
mod detailed_view;
mod download;
mod download_ranges;
mod history;
mod history_pages;
mod idempotency;
mod limits;
mod login;
mod own_identity_provider;
mod refresh;
mod status;
mod tags;
mod update_ticket;
mod who_is_calling;
