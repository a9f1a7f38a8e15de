//! All integration tests, in one binary so that they link once.

mod cli;
mod contract;
mod documentation;
mod real_clients;
mod support;
