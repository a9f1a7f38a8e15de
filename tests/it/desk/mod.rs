//! The staff's API, page by page.

mod bulk;
mod changes;
mod events;
mod home;
mod lists;
mod merge;
mod replies;
mod rights;
mod tickets;
