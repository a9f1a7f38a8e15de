//! Browsers on other origins: none unless the settings name them.

use std::time::Duration;

use http::header::{HeaderName, HeaderValue};
use http::{Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::config::Config;

/// Which browsers may call, if any.
pub fn layer(config: &Config) -> Option<CorsLayer> {
    let origins: Vec<&str> = config.cors_origins().collect();
    if origins.is_empty() {
        return None;
    }
    let allowed = if origins.contains(&"*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    let headers = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::RANGE,
        header::IF_RANGE,
        header::IF_MATCH,
        header::IF_NONE_MATCH,
        HeaderName::from_static("apikey"),
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("last-event-id"),
        HeaderName::from_static("x-request-id"),
    ];
    let exposed = [
        header::LOCATION,
        header::LINK,
        header::RETRY_AFTER,
        header::ETAG,
        header::ACCEPT_RANGES,
        header::CONTENT_RANGE,
        header::CONTENT_DISPOSITION,
        HeaderName::from_static("ratelimit"),
        HeaderName::from_static("ratelimit-policy"),
        HeaderName::from_static("x-ticket-id"),
        HeaderName::from_static("x-request-id"),
    ];
    Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
            .allow_headers(headers)
            .expose_headers(exposed)
            .max_age(Duration::from_mins(10)),
    )
}
