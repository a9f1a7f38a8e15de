//! Pages, style and scripts are sent compressed.
//!
//! A page shows what its address asks for beside what customers wrote, and how short it becomes tells whether the one is in
//! the other (BREACH). Whoever wants to ask so needs the browser of somebody who is signed in to fetch pages again and again
//! with other words in their addresses; our cookie comes along when another site leads there. So what another site leads to
//! is not compressed. Files that people sent are left as they are, whatever they are, and so is the API.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use http::{Extensions, HeaderMap, StatusCode, Version, header};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

/// The types of what is ours and becomes much shorter.
const TYPES: [&str; 4] = ["text/html", "text/css", "text/javascript", "image/svg+xml"];

/// Shorter answers are not worth it.
const FROM_BYTES: u64 = 860;

/// `routes` with answers that are compressed where that is right.
pub fn on<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    // A page is made anew for each request: more effort would take longer than it saves.
    let layer = CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(is_ours);
    routes.layer(layer).layer(middleware::from_fn(unless_led_here))
}

async fn unless_led_here(mut request: Request, next: Next) -> Response {
    let led_here = request.headers().get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    if led_here {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    next.run(request).await
}

fn is_ours(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_file = headers.contains_key(header::CONTENT_DISPOSITION) || headers.contains_key(header::CONTENT_RANGE);
    let is_short = text(header::CONTENT_LENGTH)
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: u64| length < FROM_BYTES);
    let kind = text(header::CONTENT_TYPE).and_then(|kind| kind.split(';').next()).unwrap_or_default();
    !is_file && !is_short && TYPES.contains(&kind)
}
