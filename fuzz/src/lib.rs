//! What each target does with its bytes, and what must hold. `tests/it/fuzz_corpus.rs` runs the same on what is kept.

use std::sync::LazyLock;

use bytes::Bytes;
use ferrodesk::blobs::Blobs;
use ferrodesk::config::{Config, Flags};
use ferrodesk::domain::attachment::label;
use ferrodesk::domain::id::{GivenId, parse_plain};
use ferrodesk::domain::search::{Query, Snippet};
use ferrodesk::domain::user::{Requester, Role};
use ferrodesk::domain::{SessionId, Timestamp, UserId, WorkspaceId, text};
use ferrodesk::http::metrics::HttpMetrics;
use ferrodesk::http::{AppState, Parts, fuzzing};
use ferrodesk::identity::secret::Secret;
use ferrodesk::identity::system::{SystemClock, SystemEntropy};
use ferrodesk::identity::token::AccessTokens;
use ferrodesk::storage::{StorageMetrics, StoreOptions};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use tokio::runtime::{Builder, Runtime};

/// A target's name, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 10] = [
    ("multipart", multipart),
    ("json", json),
    ("urlencoded", urlencoded),
    ("ids", ids),
    ("cursors", cursors),
    ("tokens", tokens),
    ("headers", headers),
    ("names", names),
    ("markdown", markdown),
    ("search", search),
];

/// A desk that nobody calls; reading a body needs its settings and its bounds.
static DESK: LazyLock<(Runtime, AppState)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder").keep();
    let config = Config::defaults(&Flags { data: Some(folder.clone()), ..Flags::default() }).expect("settings");
    let metrics = StorageMetrics::default();
    let options = StoreOptions::default();
    let store = config.database().expect("a database").open(&options, metrics.clone()).expect("it opens");
    // The file stays open, and its name is not needed.
    let _ = std::fs::remove_dir_all(folder);
    let parts = Parts {
        store,
        blobs: Blobs::memory(),
        clock: std::sync::Arc::new(SystemClock),
        entropy: std::sync::Arc::new(SystemEntropy),
        secret: secret(),
        metrics: HttpMetrics::new(&metrics),
        config,
    };
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    (runtime, AppState::new(parts))
});

fn secret() -> Secret {
    Secret::new("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH", "of the fuzzers").expect("it is long")
}

/// Reads a body of a kind, in pieces and at once: both must come to the same. What is refused may be refused for another
/// reason, because a piece is looked at before the next one comes.
fn body(content_type: &str, data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let (runtime, app) = &*DESK;
    let size = usize::from(*first).max(1);
    let pieces: Vec<Bytes> = body.chunks(size).map(Bytes::copy_from_slice).collect();
    let in_pieces = runtime.block_on(fuzzing::form(app, content_type, pieces));
    let at_once = runtime.block_on(fuzzing::form(app, content_type, vec![Bytes::copy_from_slice(body)]));
    assert_eq!(in_pieces.ok(), at_once.ok(), "read in pieces of {size}, it is another form");
    for refused in [in_pieces, at_once].into_iter().filter_map(Result::err) {
        assert!([400, 413, 415].contains(&refused), "it is refused with {refused}");
    }
}

/// A multipart body, cut into pieces.
pub fn multipart(data: &[u8]) {
    body("multipart/form-data; boundary=x", data);
}

/// A JSON body, cut into pieces.
pub fn json(data: &[u8]) {
    body("application/json", data);
}

/// A form, cut into pieces.
pub fn urlencoded(data: &[u8]) {
    body("application/x-www-form-urlencoded", data);
}

/// An id, as the serializers and as the hand-checked places read it.
pub fn ids(data: &[u8]) {
    let Ok(given) = std::str::from_utf8(data) else { return };
    if let Some(id) = GivenId::parse(given) {
        assert_eq!(id.given(), given);
        assert!(text::trim(given).trim_start_matches(['+', '-']).bytes().all(|b| b.is_ascii_digit()));
    }
    if let Some(Some(number)) = parse_plain(given) {
        assert_eq!(GivenId::parse(given).and_then(|id| id.number()), Some(number));
    }
}

/// A query of the staff's list, and a cursor.
pub fn cursors(data: &[u8]) {
    let Ok(given) = std::str::from_utf8(data) else { return };
    let staff = Requester { workspace: WorkspaceId(1), user: UserId(1), role: Role::Admin };
    let _ = fuzzing::tickets_query(given, &staff);
    let _ = fuzzing::tickets_query(&format!("cursor={given}"), &staff);
    if let Some((key, again)) = fuzzing::cursor(given) {
        assert!(!key.contains('\0'));
        assert_eq!(fuzzing::cursor(&again), Some((key, again.clone())));
    }
}

/// A token. Only what we issued counts, and says what it said.
pub fn tokens(data: &[u8]) {
    static TOKENS: LazyLock<(AccessTokens, Timestamp)> =
        LazyLock::new(|| (AccessTokens::new(&secret()), Timestamp::from_seconds(1_800_000_000)));
    let (tokens, now) = &*TOKENS;
    let Ok(given) = std::str::from_utf8(data) else { return };
    let issued = tokens.issue(WorkspaceId(1), UserId(2), SessionId(3), *now);
    if let Some(claims) = tokens.verify(given, *now) {
        assert_eq!((claims.workspace, claims.user, claims.session), (WorkspaceId(1), UserId(2), SessionId(3)));
        assert_eq!(given, issued);
    }
    // The issued one with another end is another token.
    let cut = issued.len() - issued.len().min(given.len());
    let changed = format!("{}{given}", &issued[..cut]);
    assert!(changed == issued || tokens.verify(&changed, *now).is_none(), "{changed} counts");
}

/// `Range`, `If-Range` and `If-None-Match`, a line each.
pub fn headers(data: &[u8]) {
    const ETAG: &str = "\"0123456789abcdef\"";
    let mut headers = HeaderMap::new();
    let last_event_id = HeaderName::from_static("last-event-id");
    let names = [header::RANGE, header::IF_RANGE, header::IF_NONE_MATCH, header::ACCEPT, last_event_id];
    for (name, line) in names.into_iter().zip(data.split(|b| *b == b'\n')) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(name, value);
        }
    }
    let _ = (fuzzing::is_known(&headers, ETAG), fuzzing::stream(&headers));
    for size in [0, 1, 1000, u64::MAX] {
        if let Some(range) = fuzzing::requested_range(&headers, ETAG, size) {
            assert!(range.start <= range.end && range.end <= size, "{range:?} of {size}");
            assert!(range.start < range.end || size == 0, "nothing of {size}");
        }
    }
}

/// A file's name, from the one that sent it to the header that names it.
pub fn names(data: &[u8]) {
    let Ok(given) = std::str::from_utf8(data) else { return };
    let label = label(given);
    assert!(!label.is_empty() && label.chars().count() <= 255 && !label.contains(['/', '\\', '\0']));
    let disposition = fuzzing::disposition(&label);
    assert!(HeaderValue::try_from(&disposition).is_ok(), "{disposition:?} is no header's value");
    let quoted = disposition.strip_prefix("attachment; filename=\"").expect("it begins so");
    let (_, rest) = quoted.split_once('"').expect("the name ends");
    assert!(rest.is_empty() || rest.starts_with("; filename*=UTF-8''"), "{disposition:?}");
}

/// A text as HTML and as plain text.
pub fn markdown(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let html = fuzzing::html(text);
    let opened = html.split('<').skip(1).map(|tag| tag.trim_start_matches('/'));
    for tag in opened {
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
        assert!(
            !["script", "style", "img", "iframe", "svg", "object", "form", "input", ""].contains(&name.as_str()),
            "{html}"
        );
        let attributes = tag.split('>').next().unwrap_or_default().to_ascii_lowercase();
        assert!(!attributes.contains("javascript:") && !attributes.contains(" on"), "{html}");
    }
    assert!(fuzzing::plain(text, 100).chars().count() <= 100);
    let third = (0..=text.len() / 3).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let half = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let _ = fuzzing::plain_parts(text, std::slice::from_ref(&(third..half)));
}

/// A search and a text, on two lines.
pub fn search(data: &[u8]) {
    let Ok(given) = std::str::from_utf8(data) else { return };
    let (typed, text) = given.split_once('\n').unwrap_or((given, given));
    let Ok(query) = Query::parse(typed) else { return };
    let _ = query.looked_up();
    let found = query.find(text);
    let _ = query.score(&[(&found, 1)]);
    let places = found.places();
    assert!(places.windows(2).all(|pair| pair[0].end <= pair[1].start), "{places:?}");
    let snippet = Snippet::around(text, &places);
    for mark in &snippet.marks {
        assert!(mark.start < mark.end && snippet.text.get(mark.clone()).is_some(), "{snippet:?}");
    }
}
