//! Clients that read, but so slowly that an answer would keep its connection for days.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A connection whose peer must have read all that waits for it once in a while. Whoever is behind for longer than `within`
/// is given up, however steadily they read, and so is whom the stream itself gives up.
pub struct CatchingUp<S> {
    stream: S,
    within: Duration,
    give_up: fn(&S),
    /// Until when a peer that is behind must have caught up.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> CatchingUp<S> {
    /// `give_up` is what to do to the stream before it is closed on a peer who is behind.
    pub fn new(stream: S, within: Duration, give_up: fn(&S)) -> Self {
        Self { stream, within, give_up, deadline: None }
    }

    /// Goes on with what a write gave, unless the peer has been behind for too long.
    fn checked<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let checked = self.in_time(cx, written);
        if let Poll::Ready(Err(error)) = &checked
            && error.kind() == io::ErrorKind::TimedOut
        {
            (self.give_up)(&self.stream);
        }
        checked
    }

    fn in_time<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if self.deadline.is_none() && written.is_pending() {
            self.deadline = Some(Box::pin(sleep(self.within)));
        }
        if let Some(deadline) = &mut self.deadline {
            // It also wakes the connection when the time comes.
            if deadline.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for CatchingUp<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for CatchingUp<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.checked(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.checked(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes when it has written all that it had: that is what having caught up means.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.deadline = None;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
