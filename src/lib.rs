//! Ferrodesk: a support desk that other products build on. `ARCHITECTURE.md` is the map.

pub mod app;
pub mod domain;
pub mod identity;
pub mod storage;
