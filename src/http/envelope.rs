//! The envelope around every answer (contract, "The envelope"). It is written here and nowhere else.

use std::borrow::Cow;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};

/// What is around `data` in a success.
const BEFORE_DATA: &[u8] = br#"{"status_code":200,"errors":{},"data":"#;

/// A success without data.
pub const EMPTY: &[u8] = br#"{"status_code":200,"errors":{},"data":{}}"#;

/// A success whose data `write` writes as JSON, about `size` bytes of it; and whatever else `write` gives.
///
/// # Errors
/// What `write` gives.
pub fn success<T, E>(size: usize, write: impl FnOnce(&mut Vec<u8>) -> Result<T, E>) -> Result<(Vec<u8>, T), E> {
    let mut body = Vec::with_capacity(size);
    body.extend_from_slice(BEFORE_DATA);
    let given = write(&mut body)?;
    body.push(b'}');
    Ok((body, given))
}

/// A failure: every field with its messages.
pub fn failure(status: StatusCode, error_type: &str, errors: &[(Cow<'static, str>, Vec<String>)]) -> Vec<u8> {
    let mut body = Vec::with_capacity(256);
    body.extend_from_slice(format!(r#"{{"status_code":{},"error_type":"#, status.as_u16()).as_bytes());
    push_json(&mut body, error_type);
    body.extend_from_slice(br#","errors":{"#);
    for (index, (field, messages)) in errors.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        push_json(&mut body, field.as_ref());
        body.push(b':');
        push_json(&mut body, messages);
    }
    body.extend_from_slice(br#"},"data":{}}"#);
    body
}

/// A JSON answer.
pub fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Appends `value` as JSON.
pub fn push_json<T: serde::Serialize + ?Sized>(body: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(body, value).expect("text, numbers and lists of them can be written as JSON");
}

/// Appends a list, each of its items as `write` writes it.
pub fn push_list<T>(body: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Vec<u8>, T)) {
    body.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        write(body, item);
    }
    body.push(b']');
}
