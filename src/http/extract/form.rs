//! The fields of a request, whichever of the three kinds its body is.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::{StatusCode, header};
use tokio::sync::OwnedSemaphorePermit;

use super::body::BodyReader;
use super::json::{self, Guard};
use super::multipart;
use crate::domain::Error;
use crate::domain::attachment::ContentHash;
use crate::http::{ApiError, AppState};
use crate::identity::apikey::sha256;
use crate::identity::secret::Secret;

/// Bytes that a body without files may have.
pub const PLAIN_BODY_MAX_BYTES: usize = 2 * 1024 * 1024;

/// The most fields that a body may have, so that absurd ones are not worth sending.
pub const FIELDS_MAX: usize = 1000;

/// Text, and the first lone surrogate in it, which only JSON can express.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// With U+FFFD in the place of each lone surrogate.
    pub text: String,
    pub surrogate: Option<u16>,
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { text, surrogate: None }
    }
}

/// A file that came with a request.
#[derive(Debug)]
pub struct UploadedFile {
    /// What its sender calls it.
    pub name: String,
    /// Its bytes, or nothing when it is too big.
    pub bytes: Bytes,
    pub hash: ContentHash,
    pub too_big: bool,
    /// The request's share of the memory for uploads, given back when the last of its files is dropped.
    pub _memory: Option<Arc<OwnedSemaphorePermit>>,
}

impl UploadedFile {
    /// A file of which nothing is kept, because it is too big.
    pub fn too_big(name: String) -> Self {
        Self { name, bytes: Bytes::new(), hash: sha256(&[]), too_big: true, _memory: None }
    }
}

/// A field's value as it came.
#[derive(Debug)]
pub enum Value {
    Null,
    Bool(bool),
    /// A JSON number, by its text.
    Number(String),
    Text(Text),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
    File(UploadedFile),
}

impl Value {
    /// What Python calls this type.
    pub fn python_type(&self) -> &'static str {
        match self {
            Self::Null => "NoneType",
            Self::Bool(_) => "bool",
            Self::Number(text) if text.contains(['.', 'e', 'E']) => "float",
            Self::Number(_) => "int",
            Self::Text(_) => "str",
            Self::List(_) => "list",
            Self::Object(_) => "dict",
            Self::File(_) => "InMemoryUploadedFile",
        }
    }

    /// What Python's `str` makes of it.
    pub fn python_str(&self) -> String {
        match self {
            Self::Text(text) => text.text.clone(),
            Self::File(file) => file.name.clone(),
            other => other.python_repr(),
        }
    }

    fn python_repr(&self) -> String {
        match self {
            Self::Null => "None".to_owned(),
            Self::Bool(true) => "True".to_owned(),
            Self::Bool(false) => "False".to_owned(),
            Self::Number(text) => text.clone(),
            Self::Text(text) => python_quoted(&text.text),
            Self::File(file) => file.name.clone(),
            Self::List(items) => {
                format!("[{}]", items.iter().map(Self::python_repr).collect::<Vec<_>>().join(", "))
            }
            Self::Object(fields) => {
                let member =
                    |(name, value): &(String, Self)| format!("{}: {}", python_quoted(name), value.python_repr());
                format!("{{{}}}", fields.iter().map(member).collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// Feeds all that tells this value from another to `parts`.
    fn fingerprint(&self, parts: &mut Vec<Vec<u8>>) {
        match self {
            Self::File(file) => {
                parts.push(b"file".to_vec());
                parts.push(file.name.clone().into_bytes());
                parts.push(file.hash.to_vec());
                parts.push(vec![u8::from(file.too_big)]);
            }
            Self::Text(text) => {
                parts.push(b"text".to_vec());
                parts.push(text.text.clone().into_bytes());
            }
            other => {
                parts.push(b"json".to_vec());
                parts.push(other.python_repr().into_bytes());
            }
        }
    }
}

fn python_quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(quote);
    for c in text.chars() {
        match c {
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c == quote => {
                quoted.push('\\');
                quoted.push(c);
            }
            c if c.is_control() => {
                quoted.push_str("\\x");
                quoted.push_str(&hex::encode([u8::try_from(u32::from(c)).unwrap_or_default()]));
            }
            c => quoted.push(c),
        }
    }
    quoted.push(quote);
    quoted
}

/// The fields of a request.
#[derive(Debug, Default)]
pub struct Form {
    pub(super) fields: Vec<(String, Value)>,
    /// Whether they came as JSON, which can say null and list, and tells an absent list from an empty one.
    pub(super) is_json: bool,
    /// The share of the memory of a large body without files.
    pub(super) _memory: Option<OwnedSemaphorePermit>,
}

impl Form {
    /// The fields of a query string or an `application/x-www-form-urlencoded` body.
    pub fn from_urlencoded(encoded: &[u8]) -> Self {
        let text = |value: std::borrow::Cow<'_, str>| Value::Text(Text::from(value.into_owned()));
        let fields = form_urlencoded::parse(encoded).take(FIELDS_MAX).map(|(n, v)| (n.into_owned(), text(v)));
        Self { fields: fields.collect(), is_json: false, _memory: None }
    }

    /// Whether the last field is a file that is too big.
    fn ends_too_big(&self) -> bool {
        matches!(self.fields.last(), Some((_, Value::File(file))) if file.too_big)
    }

    /// Tells this form from any that asks for something else. It is keyed, so that a kept fingerprint says nothing of a
    /// password in the form. A multipart boundary is no part of it: retries choose new ones.
    pub fn fingerprint(&self, secret: &Secret, route: &str) -> [u8; 32] {
        let mut parts = vec![b"request".to_vec(), route.as_bytes().to_vec()];
        for (name, value) in &self.fields {
            parts.push(name.clone().into_bytes());
            value.fingerprint(&mut parts);
        }
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        secret.authenticate(&parts)
    }
}

/// The three kinds of body (contract, "Bodies").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Json,
    Urlencoded,
    Multipart,
}

/// Which kind a `Content-Type` names, if it is one of them.
fn kind(content_type: &str) -> Option<Kind> {
    match content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/json" => Some(Kind::Json),
        "application/x-www-form-urlencoded" => Some(Kind::Urlencoded),
        "multipart/form-data" => Some(Kind::Multipart),
        _ => None,
    }
}

/// Reads a body of any of the three kinds; `leniently`, if files that are too large may cut it off.
async fn read(content_type: &str, reader: &mut BodyReader, app: &AppState, leniently: bool) -> Result<Form, ApiError> {
    match kind(content_type) {
        Some(Kind::Json) => {
            let mut guard = Guard::default();
            let body = reader.all(|chunk| guard.inspect(chunk)).await?;
            if body.is_empty() {
                return Ok(Form::default());
            }
            Ok(Form { fields: json::parse(&body)?, is_json: true, _memory: None })
        }
        Some(Kind::Urlencoded) => {
            let mut fields = 1;
            let count = |chunk: &[u8]| {
                fields += chunk.split(|&byte| byte == b'&').count() - 1;
                if fields > FIELDS_MAX { Err(Error::TooLarge.into()) } else { Ok(()) }
            };
            Ok(Form::from_urlencoded(&reader.all(count).await?))
        }
        Some(Kind::Multipart) => {
            let mut form = Form::default();
            match multipart::read(content_type, reader, app, &mut form.fields).await {
                Err(error) if leniently && error.status == StatusCode::PAYLOAD_TOO_LARGE && form.ends_too_big() => {
                    Ok(form)
                }
                read => read.map(|()| form),
            }
        }
        None => match reader.chunk().await? {
            // A body that turns out empty has no type to be wrong about.
            None => Ok(Form::default()),
            Some(_) => Err(ApiError::unsupported_media_type(content_type)),
        },
    }
}

impl FromRequest<AppState> for Form {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, ApiError> {
        Self::take(request, app, false).await
    }
}

/// A form of our own pages, whose files come last. When they are so large together that the body is refused, all that was
/// written is there still, and the file at which it was cut off is too big.
#[derive(Debug)]
pub struct PageForm(pub Form);

impl FromRequest<AppState> for PageForm {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, ApiError> {
        Form::take(request, app, true).await.map(Self)
    }
}

impl Form {
    async fn take(request: Request, app: &AppState, leniently: bool) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|t| t.to_str().ok()).unwrap_or_default();
        let is_multipart = kind(content_type) == Some(Kind::Multipart);
        let max_bytes = if is_multipart { app.config().body_max_bytes } else { PLAIN_BODY_MAX_BYTES };
        let mut reader = BodyReader::new(body, max_bytes, app);
        if reader.is_empty() {
            return Ok(Self::default());
        }
        if kind(content_type).is_none() && reader.declared_bytes().is_some() {
            return Err(ApiError::unsupported_media_type(content_type));
        }
        if reader.is_too_large() && !(leniently && is_multipart) {
            return Err(Error::TooLarge.into());
        }
        // Multipart bodies ask for themselves, when the first file comes.
        let memory = if is_multipart { None } else { reader.share_of_memory(app).await? };
        let form = read(content_type, &mut reader, app, leniently).await?;
        Ok(Self { _memory: memory, ..form })
    }
}

/// The fields of a GET: the query string's, and behind them those of a body, which the reference's samples send.
#[derive(Debug)]
pub struct QueryForm(pub Form);

impl FromRequest<AppState> for QueryForm {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, ApiError> {
        let query = request.uri().query().unwrap_or_default();
        let mut query = Form::from_urlencoded(query.as_bytes());
        let mut body = Form::from_request(request, app).await?;
        // Of a repeated field the last wins, so that the query string's comes last.
        let is_json = body.is_json;
        body.fields.append(&mut query.fields);
        Ok(Self(Form { is_json, ..body }))
    }
}
