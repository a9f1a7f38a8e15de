//! All integration tests, in one binary so that they link once.

mod api_description;
mod architecture;
mod cli;
mod contract;
mod documentation;
mod postgres;
mod properties;
mod real_clients;
mod storage_conformance;
mod support;
mod transport_errors;
