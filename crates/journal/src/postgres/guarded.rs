//! [`Guarded`]: a stream whose octets a [`Guard`] sees.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Refuses what must not go over a stream.
pub(super) trait Guard {
    /// Sees octets that the server has sent.
    fn received(&mut self, octets: &[u8]) -> io::Result<()> {
        let _ = octets;
        Ok(())
    }

    /// Sees octets before they are sent.
    fn sends(&mut self, octets: &[u8]) -> io::Result<()> {
        let _ = octets;
        Ok(())
    }
}

/// A stream with its guard.
#[derive(Debug)]
pub(super) struct Guarded<S, G> {
    stream: S,
    guard: G,
}

impl<S, G> Guarded<S, G> {
    pub(super) const fn new(stream: S, guard: G) -> Self {
        Self { stream, guard }
    }
}

impl<S: AsyncRead + Unpin, G: Guard + Unpin> AsyncRead for Guarded<S, G> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        Poll::Ready(self.guard.received(buffer.filled().get(before..).unwrap_or_default()))
    }
}

impl<S: AsyncWrite + Unpin, G: Guard + Unpin> AsyncWrite for Guarded<S, G> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.guard.sends(bytes)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
