//! Style, scripts and pictures, embedded in the program. Their addresses hold the hash of all of them together, so that
//! modules find each other by relative addresses and browsers may keep them for ever.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header;
use rust_embed::RustEmbed;

use super::error::PageError;
use crate::identity::apikey::sha256;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// What is served, by name. Scripts go without their comments and the space between their words.
static FILES: LazyLock<BTreeMap<String, Bytes>> = LazyLock::new(|| {
    let file = |name: std::borrow::Cow<'static, str>| {
        let bytes = Bytes::from(Assets::get(&name)?.data.into_owned());
        let shortened = name.ends_with(".js").then(|| shortened(&bytes)).flatten();
        Some((name.into_owned(), shortened.unwrap_or(bytes)))
    };
    Assets::iter().filter_map(file).collect()
});

/// The script in fewer bytes; nothing, if it cannot be read.
fn shortened(script: &[u8]) -> Option<Bytes> {
    Some(minifier::js::minify(std::str::from_utf8(script).ok()?).ok()?.to_string().into())
}

/// The folder in their addresses.
static FOLDER: LazyLock<String> = LazyLock::new(|| {
    let hashes: Vec<u8> = FILES.values().flat_map(|bytes| sha256(bytes)).collect();
    hex::encode(&sha256(&hashes)[..8])
});

/// The address of the file `name`.
pub fn address(name: &str) -> String {
    format!("/assets/{}/{name}", *FOLDER)
}

/// `GET /assets/{hash}/{name}`. Pages of another version of the server get this one's files, and must ask again.
pub async fn asset(Path((hash, name)): Path<(String, String)>) -> Result<Response, PageError> {
    let bytes = FILES.get(&name).cloned().ok_or_else(PageError::not_found)?;
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/speculationrules+json",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let keep = if hash == *FOLDER { "public, max-age=31536000, immutable" } else { "no-cache" };
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)], bytes).into_response())
}
