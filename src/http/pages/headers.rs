//! What every page, and every file that it needs, tells the browser to be strict about.

use super::assets;
use axum::Router;
use axum::response::Response;
use http::{HeaderName, HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;

/// Nothing is loaded but what we serve; nothing runs that is written into a page; nobody frames us.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The headers, unless an answer has stricter ones of its own.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    // What is on a page is for who is signed in, and not for the next who uses the browser.
    (header::CACHE_CONTROL, "no-store"),
];

/// Where the browser learns which pages to fetch before they are asked for.
const SPECULATION_RULES: HeaderName = HeaderName::from_static("speculation-rules");

/// `routes` with the headers on every answer.
pub fn on<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    let rules = HeaderValue::try_from(format!("\"{}\"", assets::address("prefetch.json"))).ok();
    let of_page = move |answer: &Response| rules.clone().filter(|_| is_page(answer));
    let routes = routes.layer(SetResponseHeaderLayer::if_not_present(SPECULATION_RULES, of_page));
    HEADERS.into_iter().fold(routes, |routes, (name, value)| {
        routes.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)))
    })
}

fn is_page(answer: &Response) -> bool {
    answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}
