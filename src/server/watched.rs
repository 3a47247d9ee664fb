//! Watches one connection: how long headers take to arrive, and how long nothing is asked (R-TR-09).
//!
//! The HTTP library bounds the wait for headers too, but counts idle time as such, and not before the first byte.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

use crate::config::http::Http;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    /// A request's headers are on their way, or its first byte is awaited on a new connection.
    Arriving,
    /// So many requests are being answered.
    Answering(usize),
    /// Nothing was asked since the last answer.
    Idle,
}

/// Shared by the stream, the service and the watch of one connection.
#[derive(Debug)]
pub struct Activity {
    doing: Mutex<Doing>,
    changed: Notify,
    multiplexed: AtomicBool,
}

/// One request being answered; dropping it ends that.
#[derive(Debug)]
pub struct Answering(Arc<Activity>);

/// Why a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    /// Headers took too long: it is cut.
    Headers,
    /// Nothing was asked for long: it is closed politely.
    Idle,
}

impl Activity {
    /// Of a new connection.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            doing: Mutex::new(Doing::Arriving),
            changed: Notify::new(),
            multiplexed: AtomicBool::new(false),
        })
    }

    /// A request has arrived.
    pub fn begin(self: &Arc<Self>) -> Answering {
        self.change(|doing| match doing {
            Doing::Answering(count) => Doing::Answering(count + 1),
            Doing::Arriving | Doing::Idle => Doing::Answering(1),
        });
        Answering(Arc::clone(self))
    }

    /// Ends when the connection is overdue.
    pub async fn overdue(&self, bounds: &Http) -> Overdue {
        loop {
            let (limit, verdict) = match self.doing() {
                Doing::Arriving => (bounds.header_time, Overdue::Headers),
                Doing::Idle => (bounds.idle_time, Overdue::Idle),
                Doing::Answering(_) => (Duration::MAX, Overdue::Idle),
            };
            tokio::select! {
                () = tokio::time::sleep(limit) => return verdict,
                () = self.changed.notified() => {}
            }
        }
    }

    /// This connection speaks HTTP/2, where bytes between requests need not belong to one.
    pub fn multiplexed(&self) {
        self.multiplexed.store(true, Ordering::Relaxed);
    }

    /// Whether it speaks HTTP/2.
    pub fn is_multiplexed(&self) -> bool {
        self.multiplexed.load(Ordering::Relaxed)
    }

    /// Bytes came: between requests they begin the next one's headers.
    fn bytes_came(&self) {
        if self.doing() == Doing::Idle && !self.is_multiplexed() {
            self.change(|_| Doing::Arriving);
        }
    }

    fn doing(&self) -> Doing {
        *self.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, step: impl FnOnce(Doing) -> Doing) {
        let mut doing = self.doing.lock().unwrap_or_else(PoisonError::into_inner);
        *doing = step(*doing);
        self.changed.notify_one();
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.change(|doing| match doing {
            Doing::Answering(count) if count > 1 => Doing::Answering(count - 1),
            _ => Doing::Idle,
        });
    }
}

/// A stream that reports arriving bytes.
#[derive(Debug)]
pub struct Watched<S> {
    stream: S,
    activity: Arc<Activity>,
}

impl<S> Watched<S> {
    /// Watches `stream`.
    pub fn new(stream: S, activity: Arc<Activity>) -> Self {
        Self { stream, activity }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.activity.bytes_came();
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }
}
