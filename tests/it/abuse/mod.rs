//! What a hostile client tries. docs/security.md says which defence each of these shows.

mod browsers;
mod canaries;
mod connections;
mod file_names;
mod foreign_ids;
mod injections;
mod logins;
mod races;
mod tokens;
