//! A request's body as it streams in: bounded in size and in time.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};

use crate::domain::Error;
use crate::http::time_limits::{MEMORY_WITHIN, TimeLimits};
use crate::http::{ApiError, AppState};

/// Bytes of a refused body that are read and thrown away; a larger one is cut off.
const DRAINED_MAX_BYTES: usize = 64 * 1024 * 1024;

/// MiB of memory that a body without files takes, read and taken apart.
const PLAIN_BODY_MEMORY_MIB: u64 = 6;

/// Bytes up to which a body is not worth counting: a thousand of them are 16 MiB.
const SMALL_BODY_BYTES: u64 = 16 * 1024;

/// Bytes up to which it takes one MiB, read and taken apart.
const MIDDLING_BODY_BYTES: u64 = 64 * 1024;

/// Bytes after which others have their turn: a body that is there already could be read for milliseconds.
const BYTES_A_TURN: usize = 64 * 1024;

/// Bytes in a second at which a refused body must come at the least, so that nobody keeps a connection with the drops of one.
const DRAINED_MIN_BYTES_A_SECOND: u64 = 16 * 1024;

/// How long a client is made to wait between two turns.
const THROTTLE_PAUSE: Duration = Duration::from_millis(2);

/// Bytes in a MiB.
pub const MIB: u64 = 1024 * 1024;

/// A request's share of the memory that all requests together may fill, to be held as long as what is in it.
///
/// # Errors
/// [`Error::Busy`] when it cannot be had soon.
pub async fn share_of_memory(mib: u64, app: &AppState) -> Result<OwnedSemaphorePermit, Error> {
    let permits = u32::try_from(mib).map_err(Error::internal)?;
    let share = app.upload_memory().clone().acquire_many_owned(permits);
    match tokio::time::timeout(MEMORY_WITHIN, share).await {
        Ok(Ok(share)) => Ok(share),
        _ => Err(Error::Busy { retry_after: MEMORY_WITHIN }),
    }
}

/// Makes a client wait, between two turns, whose bytes cost more than they are worth: others come first.
pub async fn throttle() {
    tokio::time::sleep(THROTTLE_PAUSE).await;
}

/// Bytes that nobody will have: once in a while others come first.
#[derive(Default)]
pub struct Unwanted {
    bytes_in_turn: usize,
}

impl Unwanted {
    /// So many `bytes` went by; makes their sender wait for each turn that they fill.
    pub async fn go_by(&mut self, bytes: usize) {
        self.bytes_in_turn += bytes;
        for _ in 0..self.bytes_in_turn / BYTES_A_TURN {
            throttle().await;
        }
        self.bytes_in_turn %= BYTES_A_TURN;
    }
}

/// Reads a body chunk by chunk.
pub struct BodyReader {
    body: Body,
    bytes_left: usize,
    /// Bytes that were read without letting others have their turn.
    bytes_in_turn: usize,
    idle: Duration,
    pause: Pin<Box<Sleep>>,
    deadline: Instant,
}

impl BodyReader {
    /// A reader that takes `max_bytes` at the most, and no more than the settings allow.
    pub fn new(body: Body, max_bytes: usize, app: &AppState) -> Self {
        let bytes_left = max_bytes.min(app.config().body_max_bytes);
        let limits = TimeLimits::of(app.config());
        let pause = Box::pin(tokio::time::sleep(limits.body_pause));
        let deadline = Instant::now() + limits.body;
        Self { body, bytes_left, bytes_in_turn: 0, idle: limits.body_pause, pause, deadline }
    }

    /// Whether the body says of itself that it is larger than what is taken.
    pub fn is_too_large(&self) -> bool {
        self.body.size_hint().lower() > self.bytes_left as u64
    }

    /// How many bytes the body says that it has, if it says so.
    pub fn declared_bytes(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    /// A share of the memory for a body that will be held whole, unless it is too small to be counted.
    ///
    /// # Errors
    /// As [`share_of_memory`].
    pub async fn share_of_memory(&mut self, app: &AppState) -> Result<Option<OwnedSemaphorePermit>, Error> {
        match self.declared_bytes() {
            Some(..=SMALL_BODY_BYTES) => Ok(None),
            Some(..=MIDDLING_BODY_BYTES) => share_of_memory(1, app).await.map(Some),
            _ => share_of_memory(PLAIN_BODY_MEMORY_MIB, app).await.map(Some),
        }
    }

    /// Whether the body is known to be empty.
    pub fn is_empty(&self) -> bool {
        self.body.is_end_stream()
    }

    /// The next chunk, or `None` at the end.
    ///
    /// # Errors
    /// 413 when the body is too large, 408 when it pauses or takes too long, 400 when it breaks off.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// As [`BodyReader::chunk`].
    pub fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, ApiError>> {
        if self.bytes_in_turn >= BYTES_A_TURN {
            self.bytes_in_turn = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
                self.bytes_in_turn = 0;
                return match self.pause.as_mut().poll(cx) {
                    Poll::Ready(()) => Poll::Ready(Err(ApiError::body_timeout())),
                    Poll::Pending => Poll::Pending,
                };
            };
            let now = Instant::now();
            if now >= self.deadline {
                return Poll::Ready(Err(ApiError::body_timeout()));
            }
            self.pause.as_mut().reset((now + self.idle).min(self.deadline));
            let data = match frame {
                None => return Poll::Ready(Ok(None)),
                Some(Err(_)) => return Poll::Ready(Err(ApiError::parse("The request body broke off."))),
                Some(Ok(frame)) => frame.into_data(),
            };
            // What is no data is trailers, which nothing here needs.
            if let Ok(data) = data {
                let Some(left) = self.bytes_left.checked_sub(data.len()) else {
                    return Poll::Ready(Err(Error::TooLarge.into()));
                };
                self.bytes_left = left;
                self.bytes_in_turn += data.len();
                return Poll::Ready(Ok(Some(data)));
            }
        }
    }

    /// All of it, each chunk shown to `inspect` as it arrives.
    ///
    /// # Errors
    /// As [`BodyReader::chunk`], and what `inspect` gives.
    pub async fn all(&mut self, mut inspect: impl FnMut(&[u8]) -> Result<(), ApiError>) -> Result<Bytes, ApiError> {
        let Some(first) = self.chunk().await? else { return Ok(Bytes::new()) };
        inspect(&first)?;
        let Some(second) = self.chunk().await? else { return Ok(first) };
        let mut whole = BytesMut::from(&first[..]);
        let mut next = Some(second);
        while let Some(chunk) = next {
            inspect(&chunk)?;
            whole.extend_from_slice(&chunk);
            next = self.chunk().await?;
        }
        Ok(whole.freeze())
    }

    /// Reads what is left and throws it away, without haste, as long as it comes steadily: for the length of a pause, and a
    /// second more for each [`DRAINED_MIN_BYTES_A_SECOND`], up to what a body may take.
    pub async fn drain(mut self) {
        self.bytes_left = DRAINED_MAX_BYTES;
        if self.is_too_large() {
            return;
        }
        let until = Instant::now() + self.idle;
        let (mut bytes, mut unwanted) = (0, Unwanted::default());
        loop {
            let earned = Duration::from_secs(bytes / DRAINED_MIN_BYTES_A_SECOND);
            let Ok(Ok(Some(chunk))) = tokio::time::timeout_at(until + earned, self.chunk()).await else { return };
            bytes += chunk.len() as u64;
            unwanted.go_by(chunk.len()).await;
        }
    }
}
