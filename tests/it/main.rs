//! All integration tests, in one binary so that they link once.

mod api_description;
mod architecture;
mod contract;
mod properties;
mod storage_conformance;
mod support;
mod transport_errors;
