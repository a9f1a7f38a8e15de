//! Ferrodesk: a support desk that other products build on. `ARCHITECTURE.md` is the map.

pub mod app;
pub mod blobs;
pub mod cli;
pub mod config;
pub mod domain;
pub mod held;
pub mod http;
pub mod identity;
pub mod jobs;
pub mod private_folder;
pub mod storage;
