//! All integration tests, in one binary so that they link once.

mod abuse;
mod api_description;
mod architecture;
mod blob_conformance;
mod blob_deletion;
mod browser;
mod cli;
mod console;
mod contract;
mod desk;
mod documentation;
mod fuzz_corpus;
mod help;
mod log_chain;
mod postgres;
mod properties;
mod real_clients;
mod recurring_jobs;
mod rights;
mod s3_away;
mod s3_settings;
mod search;
mod storage_conformance;
mod support;
mod sweeping;
mod transport_errors;
