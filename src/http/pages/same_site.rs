//! Writes that another site's page makes a browser send are refused: by `Sec-Fetch-Site`, or by `Origin` and `Host` in
//! browsers that do not send that.

use std::convert::Infallible;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method, Request};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use super::error::PageError;
use crate::domain::{AuthFailure, Error};

/// Answers such a write with a page that says so.
pub fn layer() -> CsrfLayer<impl FnMut(ProtectionError) -> Response + Clone> {
    CsrfLayer::new().with_rejection_response(|_| PageError::cross_site().into_response())
}

/// Goes on only if the request may count as its user's own.
///
/// # Errors
/// [`AuthFailure::Missing`], as if the cookie had not come with it.
pub async fn demand(method: &Method, headers: &HeaderMap) -> Result<(), Error> {
    let mut request = Request::new(Body::empty());
    request.method_mut().clone_from(method);
    request.headers_mut().clone_from(headers);
    let accepts = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
    match CsrfLayer::new().layer(accepts).oneshot(request).await {
        Ok(response) if response.status().is_success() => Ok(()),
        _ => Err(Error::Unauthenticated(AuthFailure::Missing)),
    }
}
