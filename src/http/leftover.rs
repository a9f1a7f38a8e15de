//! What a client still sends when its answer is ready, because nobody wanted to read it. A connection that closes on a
//! client that is still sending loses the answer, so the rest is read beside it and thrown away, within bounds.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;

use super::AppState;
use super::extract::BodyReader;

/// A body that can still be read after whoever had it has dropped it.
#[derive(Clone)]
pub struct Leftover(Arc<Mutex<State>>);

struct State {
    body: Incoming,
    /// Whether anybody has read of it, or only its headers were looked at.
    is_begun: bool,
    is_ended: bool,
}

impl Leftover {
    /// The body for whoever answers, and what is left of it afterwards; nothing, if there is none.
    pub fn keep(body: Incoming) -> (Body, Option<Self>) {
        if body.is_end_stream() {
            return (Body::empty(), None);
        }
        let kept = Self(Arc::new(Mutex::new(State { body, is_begun: false, is_ended: false })));
        (Body::new(kept.clone()), Some(kept))
    }

    /// Reads what is left while the answer is on its way. A client that `waits` to be told to send has sent nothing
    /// unless somebody began to read.
    pub fn throw_away(self, waits: bool, app: &AppState) {
        let needs_reading = {
            let state = self.state();
            !state.is_ended && !state.body.is_end_stream() && (state.is_begun || !waits)
        };
        if needs_reading {
            let reader = BodyReader::new(Body::new(self), usize::MAX, app);
            tokio::spawn(reader.drain());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no thread panics while it holds this")
    }
}

impl HttpBody for Leftover {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let mut state = self.state();
        state.is_begun = true;
        let frame = Pin::new(&mut state.body).poll_frame(cx);
        state.is_ended |= matches!(frame, Poll::Ready(None | Some(Err(_))));
        frame
    }

    fn is_end_stream(&self) -> bool {
        let state = self.state();
        state.is_ended || state.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.state().body.size_hint()
    }
}
