//! Files on tickets.

/// The largest file, in bytes (contract, endpoint 2).
pub const FILE_MAX_BYTES: usize = 2 * 1024 * 1024;

/// The most files that one request may bring (contract, endpoint 2).
pub const FILES_MAX: usize = 10;

/// The longest file name that is kept, in code points. It is a label and nothing else.
pub const NAME_MAX_CHARS: usize = 255;

/// SHA-256 of a file's bytes: its identity within a workspace, and its `ETag`.
pub type ContentHash = [u8; 32];

/// A file whose bytes are stored durably, ready to be attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// What its bytes hash to.
    pub hash: ContentHash,
    /// How many bytes it has.
    pub size: i64,
    /// What its first bytes say it is.
    pub content_type: String,
    /// What its sender called it, made harmless.
    pub name: String,
}

/// Whether `c` is a mark that makes what follows it run the other way, and `gpj.exe` look like `exe.jpg`.
fn turns_text_around(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The name to keep for a file that its sender called `given`: the last part of any path, no control characters and no
/// marks that turn text around, not empty, at most [`NAME_MAX_CHARS`].
#[must_use]
pub fn label(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String =
        last.chars().filter(|c| !c.is_control() && !turns_text_around(*c)).take(NAME_MAX_CHARS).collect();
    let clean = super::text::trim(&clean);
    if clean.is_empty() || clean == "." || clean == ".." { "attachment".to_owned() } else { clean.to_owned() }
}
