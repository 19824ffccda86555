use netsession_wire::{DecodeError, Reader, Writer};

use super::field::{decode_empty, encode_empty};
use super::{Body, Command, EncodeError, Message};

/// Asks whether the server responds ([MS-SMB2] 2.2.28).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EchoRequest;

/// The server responds ([MS-SMB2] 2.2.29).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EchoResponse;

impl Message<'_> for EchoRequest {
    const COMMAND: Command = Command::ECHO;
}

impl Body<'_> for EchoRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        encode_empty(writer);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        decode_empty(reader, "ECHO request").map(|()| Self)
    }
}

impl Message<'_> for EchoResponse {
    const COMMAND: Command = Command::ECHO;
}

impl Body<'_> for EchoResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        encode_empty(writer);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        decode_empty(reader, "ECHO response").map(|()| Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::{bytes_of, survives};

    /// A failure here would make clients close the connection to a server that responds.
    #[test]
    fn both_survive() {
        assert_eq!(bytes_of(&EchoRequest)[64..], [4, 0, 0, 0]);
        survives!(EchoRequest, EchoRequest);
        survives!(EchoResponse, EchoResponse);
    }
}
