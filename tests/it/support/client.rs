//! Requests as clients send them, and answers as they get them.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use ferrodesk::http::TidyPath;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{BASE, TestDatabase};

/// The three kinds of body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Multipart,
    Urlencoded,
    Json,
}

impl Encoding {
    pub const ALL: [Self; 3] = [Self::Multipart, Self::Urlencoded, Self::Json];
}

/// A part of a multipart body.
#[derive(Clone, Debug)]
pub enum Part<'a> {
    Text(&'a str, &'a str),
    File { field: &'a str, name: &'a str, bytes: &'a [u8] },
}

/// Sends requests to the router, without a network between.
#[derive(Clone)]
pub struct Client {
    service: TidyPath<Router>,
    headers: Vec<(String, String)>,
    /// A test may keep its client and let go of its desk.
    #[expect(dead_code, reason = "held for its drop")]
    database: Arc<TestDatabase>,
}

impl Client {
    pub fn new(service: TidyPath<Router>, database: Arc<TestDatabase>) -> Self {
        Self { service, headers: Vec::new(), database }
    }

    /// The same client, sending this header too.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The cookies that it sends.
    pub fn cookie(&self) -> &str {
        self.headers.iter().find(|(name, _)| name == "cookie").map_or("", |(_, value)| value)
    }

    /// Sends `body` as it is. `path` is below the API's base, unless it begins with `//`, which stands for the root.
    pub async fn send(&self, method: Method, path: &str, content_type: Option<&str>, body: impl Into<Body>) -> Answer {
        let uri = path
            .strip_prefix('/')
            .filter(|rest| rest.starts_with('/'))
            .map_or_else(|| format!("{BASE}{path}"), str::to_owned);
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let request = request.body(body.into()).expect("a request");
        let response = self.service.clone().oneshot(request).await.expect("the router always answers");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, Body::empty()).await
    }

    /// `POST path` with a JSON body.
    pub async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some("application/json"), body.to_string()).await
    }

    /// `POST path` with a multipart body.
    pub async fn post_parts(&self, path: &str, parts: &[Part<'_>]) -> Answer {
        self.send(Method::POST, path, Some(MULTIPART), multipart(parts)).await
    }

    /// `POST path` with text fields in the given encoding.
    pub async fn post(&self, path: &str, encoding: Encoding, fields: &[(&str, &str)]) -> Answer {
        self.send_fields(Method::POST, path, encoding, fields).await
    }

    /// Any method with text fields in the given encoding. In JSON, a repeated field becomes a list.
    pub async fn send_fields(&self, method: Method, path: &str, encoding: Encoding, fields: &[(&str, &str)]) -> Answer {
        match encoding {
            Encoding::Multipart => {
                let parts: Vec<_> = fields.iter().map(|(name, value)| Part::Text(name, value)).collect();
                self.send(method, path, Some(MULTIPART), multipart(&parts)).await
            }
            Encoding::Urlencoded => {
                let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                self.send(method, path, Some("application/x-www-form-urlencoded"), body).await
            }
            Encoding::Json => {
                let mut object = serde_json::Map::new();
                for (name, value) in fields {
                    match object.get_mut(*name) {
                        None => {
                            object.insert((*name).to_owned(), json!(value));
                        }
                        Some(Value::Array(items)) => items.push(json!(value)),
                        Some(first) => *first = json!([first.clone(), value]),
                    }
                }
                self.send(method, path, Some("application/json"), Value::Object(object).to_string()).await
            }
        }
    }
}

const MULTIPART: &str = "multipart/form-data; boundary=----ferrodesk";

/// The bytes of a multipart body.
pub fn multipart(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(b"------ferrodesk\r\n");
        match part {
            Part::Text(name, value) => {
                body.extend_from_slice(
                    format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").as_bytes(),
                );
            }
            Part::File { field, name, bytes } => {
                let head = format!(
                    "Content-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
                );
                body.extend_from_slice(head.as_bytes());
                body.extend_from_slice(bytes);
                body.extend_from_slice(b"\r\n");
            }
        }
    }
    body.extend_from_slice(b"------ferrodesk--\r\n");
    body
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("no JSON ({e}): {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// A header's text, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header of text"))
    }

    /// Asserts a success and gives its `data`.
    #[track_caller]
    pub fn data(&self) -> Value {
        let body = self.json();
        assert_eq!(self.status, StatusCode::OK, "{body}");
        assert_eq!(body["status_code"], 200);
        assert_eq!(body["errors"], json!({}));
        body["data"].clone()
    }

    /// Asserts a failure in the envelope, whole.
    #[track_caller]
    pub fn assert_failure(&self, status: u16, error_type: &str, errors: &Value) {
        let expected = json!({ "status_code": status, "error_type": error_type, "errors": errors, "data": {} });
        assert_eq!(self.json(), expected);
        assert_eq!(self.status.as_u16(), status);
        assert_eq!(self.header("content-type"), "application/json");
    }

    /// Asserts a 400 of the serializer's checks.
    #[track_caller]
    pub fn assert_invalid(&self, errors: &Value) {
        self.assert_failure(400, "Validation Error", errors);
    }

    /// The id of the ticket that was created.
    #[track_caller]
    pub fn ticket_id(&self) -> i64 {
        assert_eq!(self.data(), json!({}));
        self.header("x-ticket-id").parse().expect("X-Ticket-Id holds a number")
    }
}
