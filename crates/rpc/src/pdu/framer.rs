use netsession_wire::{DecodeError, Reader};

use super::{HEADER_LENGTH, Header};
use crate::RpcError;

/// Finds PDUs in the bytes of a pipe, which can arrive cut anywhere.
///
/// It holds the bytes that the caller has pushed and not taken. It checks a header as soon as it is complete, and so
/// detects a peer that does not speak RPC after 16 bytes.
#[derive(Debug, Default)]
pub struct Framer {
    bytes: Vec<u8>,
    taken: usize,
}

impl Framer {
    /// Returns an empty framer.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), taken: 0 }
    }

    /// Adds received bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes the next whole PDU of at most `max_fragment` bytes; `None` if it needs more bytes.
    ///
    /// # Errors
    /// [`RpcError::Version`], [`RpcError::DataRepresentation`] and [`RpcError::Decode`], after which it finds no
    /// further PDU.
    pub fn next_pdu(&mut self, max_fragment: u16) -> Result<Option<&[u8]>, RpcError> {
        let waiting = self.bytes.get(self.taken..).unwrap_or_default();
        if waiting.len() < HEADER_LENGTH {
            return Ok(None);
        }
        let header = Header::decode(&mut Reader::new(waiting))?;
        if header.frag_length > max_fragment {
            let (value, limit) = (header.frag_length.into(), max_fragment.into());
            return Err(DecodeError::TooLarge { what: "frag_length", value, limit }.into());
        }
        let pdu = waiting.get(..header.frag_length.into());
        self.taken = self.taken.saturating_add(pdu.map_or(0, <[u8]>::len));
        Ok(pdu)
    }

    /// Returns the number of bytes that the caller has pushed and not taken.
    #[must_use]
    pub fn rest(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }
}
