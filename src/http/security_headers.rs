//! What answers tell browsers and caches to be strict about: all of it, and nowhere else.

use axum::Router;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;

type Header = (HeaderName, &'static str);

/// No answer is taken for something else than it says it is.
const OF_ALL: [Header; 1] = [(header::X_CONTENT_TYPE_OPTIONS, "nosniff")];

/// A year without anything but TLS, for who is known by such an address.
const OVER_TLS: Header = (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");

/// Tokens and tickets are for who asked, and for nobody who looks into a cache later.
const OF_THE_API: [Header; 1] = [(header::CACHE_CONTROL, "no-store")];

/// Nothing is loaded but what we serve; nothing runs that is written into a page; nobody frames us.
const OF_PAGES: [Header; 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'",
    ),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    // What is on a page is for who is signed in, and not for the next who uses the browser.
    (header::CACHE_CONTROL, "no-store"),
];

/// What the page at `/docs` may load. Swagger UI puts styles into the page, and has its icons in its style sheet.
const OF_DOCUMENTATION: [Header; 1] = [(
    header::CONTENT_SECURITY_POLICY,
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
)];

/// What has a version may be kept by who asked. Whose it is may change: whoever keeps it must ask again.
const OF_VERSIONED: Header = (header::CACHE_CONTROL, "private, no-cache");

/// Strangers' files are downloaded, and never rendered.
const OF_FILES: [Header; 2] =
    [OF_VERSIONED, (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox")];

/// What every answer has, of a server that clients know by `public_url`.
pub fn on_all<S: Clone + Send + Sync + 'static>(routes: Router<S>, public_url: Option<&str>) -> Router<S> {
    let is_over_tls = public_url.is_some_and(|url| url.starts_with("https://"));
    on(routes, OF_ALL.into_iter().chain(is_over_tls.then_some(OVER_TLS)))
}

/// What the answers of an API have, unless they say themselves how long they can be kept.
pub fn on_api<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    on(routes, OF_THE_API)
}

/// What pages have, and the files that they need.
pub fn on_pages<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    on(routes, OF_PAGES)
}

/// What the description of the API has.
pub fn on_documentation<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    on(routes, OF_DOCUMENTATION)
}

/// What the answer has whose `ETag` a later request may name.
pub fn on_versioned(headers: &mut HeaderMap) {
    put(headers, [OF_VERSIONED]);
}

/// What the answer with a stranger's file has.
pub fn on_file(headers: &mut HeaderMap) {
    put(headers, OF_FILES);
}

fn put(to: &mut HeaderMap, headers: impl IntoIterator<Item = Header>) {
    to.extend(headers.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))));
}

/// `routes` with `headers` on every answer that has none of its own.
fn on<S: Clone + Send + Sync + 'static>(routes: Router<S>, headers: impl IntoIterator<Item = Header>) -> Router<S> {
    headers.into_iter().fold(routes, |routes, (name, value)| {
        routes.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)))
    })
}
