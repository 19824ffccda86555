use netsession_wire::{DecodeError, Reader, Writer};

use super::field::{decode_empty, encode_empty};
use super::{Body, Command, EncodeError, Message};

/// Ends a session ([MS-SMB2] 2.2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogoffRequest;

/// The session has ended ([MS-SMB2] 2.2.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogoffResponse;

impl Message<'_> for LogoffRequest {
    const COMMAND: Command = Command::LOGOFF;
}

impl Body<'_> for LogoffRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        encode_empty(writer);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        decode_empty(reader, "LOGOFF request").map(|()| Self)
    }
}

impl Message<'_> for LogoffResponse {
    const COMMAND: Command = Command::LOGOFF;
}

impl Body<'_> for LogoffResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        encode_empty(writer);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        decode_empty(reader, "LOGOFF response").map(|()| Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::{bytes_of, survives};

    /// A failure here would stop sessions from ending cleanly.
    #[test]
    fn both_survive() {
        assert_eq!(bytes_of(&LogoffRequest)[64..], [4, 0, 0, 0]);
        survives!(LogoffRequest, LogoffRequest);
        survives!(LogoffResponse, LogoffResponse);
    }
}
