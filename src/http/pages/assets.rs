//! Style, scripts and pictures, embedded in the program. Their addresses hold the hash of all of them together, so that
//! modules find each other by relative addresses and browsers may keep them for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header;
use rust_embed::RustEmbed;

use super::error::PageError;
use crate::identity::apikey::sha256;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// The folder in their addresses.
static FOLDER: LazyLock<String> = LazyLock::new(|| {
    let mut names: Vec<_> = Assets::iter().collect();
    names.sort_unstable();
    let hashes: Vec<u8> =
        names.iter().filter_map(|name| Assets::get(name)).flat_map(|file| file.metadata.sha256_hash()).collect();
    hex::encode(&sha256(&hashes)[..8])
});

/// The address of the file `name`.
pub fn address(name: &str) -> String {
    format!("/assets/{}/{name}", *FOLDER)
}

/// `GET /assets/{hash}/{name}`. Pages of another version of the server get this one's files, and must ask again.
pub async fn asset(Path((hash, name)): Path<(String, String)>) -> Result<Response, PageError> {
    let file = Assets::get(&name).ok_or_else(PageError::not_found)?;
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let keep = if hash == *FOLDER { "public, max-age=31536000, immutable" } else { "no-cache" };
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)], file.data.into_owned()).into_response())
}
