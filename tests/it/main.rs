//! All integration tests, in one binary so that they link once.

mod api_description;
mod architecture;
mod blob_conformance;
mod cli;
mod contract;
mod documentation;
mod properties;
mod real_clients;
mod storage_conformance;
mod support;
mod transport_errors;
