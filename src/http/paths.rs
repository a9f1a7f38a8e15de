//! Paths as clients of the reference write them (contract, "Addresses"): with and without a final slash, with a stray
//! U+200E anywhere. Both are tidied away before routing, never by a redirect.

use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use http::Uri;
use http::uri::PathAndQuery;
use tower::{Layer, Service};

/// U+200E LEFT-TO-RIGHT MARK in UTF-8, percent-encoded.
const MARK: &str = "%E2%80%8E";

/// The mark as it is, which some clients send.
const BARE_MARK: char = '\u{200e}';

/// Wraps a service in [`TidyPath`].
#[derive(Clone, Debug)]
pub struct TidyPathLayer {
    /// What the paths of the API begin with. Only theirs lose their final slash: the documentation's page needs its own.
    pub base: Arc<str>,
}

impl<S> Layer<S> for TidyPathLayer {
    type Service = TidyPath<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TidyPath { inner, base: Arc::clone(&self.base) }
    }
}

/// Hands requests on with their paths tidied.
#[derive(Clone, Debug)]
pub struct TidyPath<S> {
    inner: S,
    base: Arc<str>,
}

impl<S, B> Service<Request<B>> for TidyPath<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if let Some(tidied) = tidied(request.uri(), &self.base) {
            *request.uri_mut() = tidied;
        }
        self.inner.call(request)
    }
}

/// The address without marks and without the final slash; `None` when there is nothing to tidy.
fn tidied(uri: &Uri, base: &str) -> Option<Uri> {
    let path = uri.path();
    let has_bare_mark = !path.is_ascii() && path.contains(BARE_MARK);
    let has_mark = has_bare_mark || path.contains('%') && find_mark(path).is_some();
    if !has_mark && !has_final_slash(path, base) {
        return None;
    }
    let mut tidy = path.to_owned();
    if has_bare_mark {
        tidy.retain(|c| c != BARE_MARK);
    }
    while let Some(at) = find_mark(&tidy) {
        tidy.replace_range(at..at + MARK.len(), "");
    }
    if has_final_slash(&tidy, base) {
        tidy.pop();
    }
    if let Some(query) = uri.query() {
        tidy.push('?');
        tidy.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(tidy).ok()?);
    Uri::from_parts(parts).ok()
}

fn has_final_slash(path: &str, base: &str) -> bool {
    path.ends_with('/') && path.strip_prefix(base).is_some_and(|below| below.len() > 1)
}

fn find_mark(path: &str) -> Option<usize> {
    path.as_bytes().windows(MARK.len()).position(|window| window.eq_ignore_ascii_case(MARK.as_bytes()))
}
