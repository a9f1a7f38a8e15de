//! Where the next page of a list begins.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, header};

use crate::domain::{Error, Problem};
use crate::http::{AppState, tickets_query};

/// The cursor that stands for this key.
pub fn write(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

/// The key that the cursor stands for.
///
/// # Errors
/// A 400 that names the parameter.
pub fn read(given: &str) -> Result<String, Error> {
    let bytes = URL_SAFE_NO_PAD.decode(given).map_err(|_| refused())?;
    String::from_utf8(bytes).ok().filter(|key| !key.contains('\0')).ok_or_else(refused)
}

/// The refusal of a cursor that no page gave.
pub fn refused() -> Error {
    Error::invalid("cursor", Problem::InvalidCursor)
}

/// `Link` to the next page of the list at `path`, which was asked for with the query `encoded`.
///
/// # Errors
/// When it cannot be a header, which is our fault.
pub fn link(app: &AppState, path: &str, encoded: &str, next: &str) -> Result<(header::HeaderName, HeaderValue), Error> {
    let query = tickets_query::with_cursor(encoded, next);
    let link = format!("<{}>; rel=\"next\"", app.link(&format!("{path}?{query}")));
    Ok((header::LINK, HeaderValue::try_from(link).map_err(Error::internal)?))
}
