//! The Direct TCP transport: each message preceded by four bytes, a zero and its length ([MS-SMB2] 2.1).

use super::Error;
use crate::msg::{FRAME_HEADER_LEN, frame_length};

/// The received bytes, until they form whole messages.
///
/// It grows with the received bytes, never with an announced length.
#[derive(Debug, Default)]
pub(super) struct Stream {
    bytes: Vec<u8>,
    start: usize,
}

impl Stream {
    /// Appends received bytes.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        } else if self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes the next whole message, without its prefix.
    ///
    /// # Errors
    /// The peer does not speak this transport, or announces a message longer than `limit`.
    pub(super) fn next(&mut self, limit: usize) -> Result<Option<Vec<u8>>, Error> {
        let waiting = self.bytes.get(self.start..).unwrap_or_default();
        if waiting.first().is_some_and(|first| *first != 0) {
            return Err(Error::NotSmb);
        }
        let Some((header, rest)) = waiting.split_first_chunk() else { return Ok(None) };
        let length = frame_length(*header, limit)?;
        let Some(message) = rest.get(..length) else { return Ok(None) };
        let message = message.to_vec();
        self.start = self.start.saturating_add(FRAME_HEADER_LEN).saturating_add(length);
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::client::Violation;
    use crate::msg::frame_header;

    /// A failure here would make the client wait for a huge message that a server only announced, or take another
    /// protocol's bytes for SMB.
    #[test]
    fn oversize_and_foreign_bytes_are_refused_at_once() {
        let mut stream = Stream::default();
        stream.extend(&[0, 0, 1, 1]);
        assert!(matches!(stream.next(256), Err(Error::Violation(Violation::Malformed(_)))));
        let mut stream = Stream::default();
        stream.extend(b"SSH-2.0");
        assert!(matches!(stream.next(256), Err(Error::NotSmb)));
        let mut stream = Stream::default();
        stream.extend(b"H");
        assert!(matches!(stream.next(256), Err(Error::NotSmb)));
    }

    proptest! {
        /// A failure here would let the result depend on how TCP cuts the stream.
        #[test]
        fn cuts_do_not_matter(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8),
            cuts in prop::collection::vec(1usize..30, 1..40),
        ) {
            let mut bytes = Vec::new();
            for message in &messages {
                bytes.extend_from_slice(&frame_header(message.len()).unwrap());
                bytes.extend_from_slice(message);
            }
            let mut stream = Stream::default();
            let mut seen = Vec::new();
            let mut cuts = cuts.iter().cycle();
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                let (piece, after) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                stream.extend(piece);
                rest = after;
                while let Some(message) = stream.next(64).unwrap() {
                    seen.push(message);
                }
            }
            prop_assert_eq!(seen, messages);
        }
    }
}
