//! [`ProofOnly`]: a stream over which a logon proves that it knows the password, and never sends it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The mechanism with which a logon may begin.
const SCRAM: &[u8] = b"SCRAM-SHA-256";
/// The bytes before the content of a message: its type and its length (PostgreSQL's documentation, "Message Formats").
const HEAD: usize = 5;

/// A stream that refuses a logon in which the server asks for the password itself, or for its MD5 hash. Another program
/// could listen in the server's place.
#[derive(Debug)]
pub(super) struct ProofOnly<S> {
    stream: S,
    is_proven: bool,
}

impl<S> ProofOnly<S> {
    pub(super) const fn new(stream: S) -> Self {
        Self { stream, is_proven: false }
    }

    /// Checks the first message of the kind that has passwords and proofs. The library writes each of them at once.
    fn check(&mut self, message: &[u8]) -> io::Result<()> {
        if self.is_proven || message.first() != Some(&b'p') {
            return Ok(());
        }
        if !message.get(HEAD..).is_some_and(|content| content.starts_with(SCRAM)) {
            let refused =
                "the server asks for the password in clear text, and netsession knows SCRAM-SHA-256";
            return Err(io::Error::other(refused));
        }
        self.is_proven = true;
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ProofOnly<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ProofOnly<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(bytes)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::ProofOnly;

    /// A failure here would send the password to an impostor that listens in the place of the server.
    #[test]
    fn a_password_is_never_sent() {
        let is_sent = |message: &[u8]| ProofOnly::new(()).check(message).is_ok();
        assert!(!is_sent(b"p\0\0\0\x0chunter2\0"));
        assert!(!is_sent(b"p\0\0\0\x28md5c4ca4238a0b923820dcc509a6f75849b\0"));
        assert!(!is_sent(b"p"));
        assert!(is_sent(b"p\0\0\0\x36SCRAM-SHA-256\0\0\0\0\x20n,,n=,r=abc"));
        assert!(is_sent(b"\0\0\0\x08\x04\xd2\x16\x2f"));
    }
}
