//! Multipart bodies, read part by part: no part is ever held beyond its limit, and headers have one too.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use http::header;
use multer::{Field, Multipart};
use tokio::sync::OwnedSemaphorePermit;

use super::body::{BodyReader, MIB, Unwanted, share_of_memory, throttle};
use super::form::{FIELDS_MAX, Text, UploadedFile, Value};
use crate::domain::Error;
use crate::domain::attachment::FILE_MAX_BYTES;
use crate::http::{ApiError, AppState};
use crate::identity::apikey::sha256;

/// Bytes that a part of text may have.
const TEXT_MAX_BYTES: usize = 1024 * 1024;

/// Bytes that all parts of text may have together.
const ALL_TEXT_MAX_BYTES: usize = 2 * 1024 * 1024;

/// Bytes that are read in search of the end of a part's headers.
const HEADERS_MAX_BYTES: usize = 16 * 1024;

/// Parts that are taken apart before others have their turn: a thousand of them take milliseconds.
const PARTS_A_TURN: usize = 16;

/// Parts that a form may well have; whoever sends more waits for each turn.
const PARTS_AT_ONCE: usize = 64;

/// Files that are kept of one request; those beyond are noticed and thrown away.
const FILES_KEPT_MAX: usize = crate::domain::attachment::FILES_MAX + 1;

/// MiB of memory that the files of one request can take.
pub const FILES_MEMORY_MIB: u64 = ((FILES_KEPT_MAX * FILE_MAX_BYTES) as u64).div_ceil(MIB);

/// Reads a multipart body into `fields`. While a file is being read, it is there as one that is too big.
///
/// # Errors
/// 400 for what is malformed, 413 for what is too large, 503 when the memory for uploads is taken.
pub async fn read(
    content_type: &str,
    reader: &mut BodyReader,
    app: &AppState,
    fields: &mut Vec<(String, Value)>,
) -> Result<(), ApiError> {
    let boundary = multer::parse_boundary(content_type).map_err(|error| malformed(&error))?;
    let looked_at = AtomicUsize::new(0);
    let mut failure = None;
    let declared = reader.declared_bytes().unwrap_or(u64::MAX);
    let stream = OneAtATime { reader, looked_at: &looked_at, failure: &mut failure, gave: false };
    let outcome = read_parts(Multipart::new(stream, boundary), &looked_at, declared, app, fields).await;
    // What the body itself refused says more than what the parser made of it.
    match (failure, outcome) {
        (Some(refused), Err(_)) => Err(refused),
        (_, outcome) => outcome,
    }
}

async fn read_parts(
    mut parts: Multipart<'_>,
    looked_at: &AtomicUsize,
    declared: u64,
    app: &AppState,
    fields: &mut Vec<(String, Value)>,
) -> Result<(), ApiError> {
    let mut memory = None;
    let mut text_left = ALL_TEXT_MAX_BYTES;
    let mut files = 0;
    for number in 0.. {
        looked_at.store(0, Ordering::Relaxed);
        let Some(mut part) = parts.next_field().await.map_err(|error| malformed(&error))? else { break };
        // While a part's own bytes are read, their limits apply and not that of the headers.
        looked_at.store(usize::MAX, Ordering::Relaxed);
        if number >= FIELDS_MAX {
            return Err(Error::TooLarge.into());
        }
        if number % PARTS_A_TURN == PARTS_A_TURN - 1 {
            if number < PARTS_AT_ONCE { tokio::task::yield_now().await } else { throttle().await }
        }
        let name = part.name().map(str::to_owned);
        match (name, file_name(&part)) {
            (Some(name), None) => {
                let text = read_text(&mut part, text_left.min(TEXT_MAX_BYTES)).await?;
                text_left -= text.len();
                fields.push((name, Value::Text(Text::from(text))));
            }
            // A file field in which none was chosen.
            (Some(_), Some(file_name)) if file_name.is_empty() => skip(&mut part).await?,
            (Some(name), Some(file_name)) if files < FILES_KEPT_MAX => {
                files += 1;
                // For all files at once: requests that hold some while they wait for more would starve each other.
                if memory.is_none() {
                    let mib = declared.div_ceil(MIB).clamp(1, FILES_MEMORY_MIB);
                    memory = Some(Arc::new(share_of_memory(mib, app).await?));
                }
                let place = fields.len();
                fields.push((name, Value::File(UploadedFile::too_big(file_name.clone()))));
                fields[place].1 = Value::File(read_file(&mut part, file_name, memory.clone()).await?);
            }
            _ => skip(&mut part).await?,
        }
    }
    Ok(())
}

/// The name of the file in a part, or `None` for text. One that cannot be read is still a file's.
fn file_name(part: &Field<'_>) -> Option<String> {
    if let Some(name) = part.file_name() {
        return Some(name.to_owned());
    }
    let disposition = part.headers().get(header::CONTENT_DISPOSITION)?.as_bytes();
    let has_name = disposition.windows(9).any(|window| window.eq_ignore_ascii_case(b"filename="));
    let has_extended = disposition.windows(10).any(|window| window.eq_ignore_ascii_case(b"filename*="));
    (has_name || has_extended).then(|| "attachment".to_owned())
}

async fn read_text(part: &mut Field<'_>, max_bytes: usize) -> Result<String, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = part.chunk().await.map_err(|error| malformed(&error))? {
        if bytes.len() + chunk.len() > max_bytes {
            return Err(Error::TooLarge.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

async fn read_file(
    part: &mut Field<'_>,
    name: String,
    memory: Option<Arc<OwnedSemaphorePermit>>,
) -> Result<UploadedFile, ApiError> {
    let (mut bytes, mut unwanted) = (BytesMut::new(), Unwanted::default());
    let mut size = 0;
    while let Some(chunk) = part.chunk().await.map_err(|error| malformed(&error))? {
        size += chunk.len();
        if size <= FILE_MAX_BYTES {
            bytes.extend_from_slice(&chunk);
        } else {
            bytes.clear();
            unwanted.go_by(chunk.len()).await;
        }
    }
    if size > FILE_MAX_BYTES {
        return Ok(UploadedFile::too_big(name));
    }
    let bytes = bytes.freeze();
    Ok(UploadedFile { name, hash: sha256(&bytes), bytes, too_big: false, _memory: memory })
}

async fn skip(part: &mut Field<'_>) -> Result<(), ApiError> {
    let mut unwanted = Unwanted::default();
    while let Some(chunk) = part.chunk().await.map_err(|error| malformed(&error))? {
        unwanted.go_by(chunk.len()).await;
    }
    Ok(())
}

fn malformed(error: &multer::Error) -> ApiError {
    ApiError::parse(format!("Multipart form parse error - {error}"))
}

/// A body as a stream that gives one chunk and then pauses for a breath, because the parser takes all that it can get
/// before it looks at any of it. It ends with an error when too much goes by in search of the end of a part's headers.
struct OneAtATime<'r> {
    reader: &'r mut BodyReader,
    /// Bytes given since the search began; `usize::MAX` while there is none.
    looked_at: &'r AtomicUsize,
    /// Where what the body refused is put, because the parser would only give its text.
    failure: &'r mut Option<ApiError>,
    gave: bool,
}

impl Stream for OneAtATime<'_> {
    type Item = Result<Bytes, multer::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.gave {
            self.gave = false;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let looked_at = self.looked_at.load(Ordering::Relaxed);
        if looked_at != usize::MAX && looked_at > HEADERS_MAX_BYTES {
            return self.refuse(Error::TooLarge.into());
        }
        match self.reader.poll_chunk(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(None)) => Poll::Ready(None),
            Poll::Ready(Ok(Some(chunk))) => {
                if looked_at != usize::MAX {
                    self.looked_at.store(looked_at + chunk.len(), Ordering::Relaxed);
                }
                self.gave = true;
                Poll::Ready(Some(Ok(chunk)))
            }
            Poll::Ready(Err(error)) => self.refuse(error),
        }
    }
}

impl OneAtATime<'_> {
    fn refuse(&mut self, error: ApiError) -> Poll<Option<Result<Bytes, multer::Error>>> {
        *self.failure = Some(error);
        Poll::Ready(Some(Err(multer::Error::StreamReadFailed("the body was refused".into()))))
    }
}
