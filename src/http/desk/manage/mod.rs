//! What the staff change of the workspace itself, a file per resource.
//!
//! A resource's version is the hash of what is presented of it. What others refer to is never deleted, but said to be no
//! longer active: `DELETE` is answered with 405 there.

pub mod apikeys;
pub mod attachments;
pub mod audit;
pub mod canned_replies;
pub mod categories;
pub mod identity_providers;
pub mod me;
mod passwords;
pub mod requesters;
pub mod tags;
pub mod teams;
pub mod users;
pub mod views;
pub mod workspace;
