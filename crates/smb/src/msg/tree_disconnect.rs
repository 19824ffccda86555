use netsession_wire::{DecodeError, Reader, Writer};

use super::field::{decode_empty, encode_empty};
use super::{Body, Command, EncodeError, Message};

/// Ends a tree connection ([MS-SMB2] 2.2.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeDisconnectRequest;

/// The tree connection has ended ([MS-SMB2] 2.2.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeDisconnectResponse;

impl Message<'_> for TreeDisconnectRequest {
    const COMMAND: Command = Command::TREE_DISCONNECT;
}

impl Body<'_> for TreeDisconnectRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        encode_empty(writer);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        decode_empty(reader, "TREE_DISCONNECT request").map(|()| Self)
    }
}

impl Message<'_> for TreeDisconnectResponse {
    const COMMAND: Command = Command::TREE_DISCONNECT;
}

impl Body<'_> for TreeDisconnectResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        encode_empty(writer);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        decode_empty(reader, "TREE_DISCONNECT response").map(|()| Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::{bytes_of, survives};

    /// A failure here would leave tree connections on the server.
    #[test]
    fn both_survive() {
        assert_eq!(bytes_of(&TreeDisconnectRequest)[64..], [4, 0, 0, 0]);
        survives!(TreeDisconnectRequest, TreeDisconnectRequest);
        survives!(TreeDisconnectResponse, TreeDisconnectResponse);
    }
}
