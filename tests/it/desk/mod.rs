//! The staff's API, page by page.

mod apikeys;
mod attachments;
mod audit;
mod bulk;
mod canned_replies;
mod catalogue;
mod changes;
mod events;
mod home;
mod identity_providers;
mod lists;
mod managed_resources;
mod managed_rights;
mod me;
mod merge;
mod office;
mod replies;
mod requesters;
mod rights;
mod search;
mod teams;
mod tickets;
mod users;
mod views;
mod workplace;
mod workspace;
