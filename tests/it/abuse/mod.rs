//! What a hostile client tries. docs/security.md says which defence each of these shows.

mod canaries;
mod file_names;
mod foreign_ids;
mod logins;
mod races;
mod tokens;
