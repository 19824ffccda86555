use netsession_wire::{DecodeError, Reader, Writer};

use super::field::{decode_empty, encode_empty};
use super::{Body, Command, EncodeError, Message};

/// Asks the server to cancel a request ([MS-SMB2] 2.2.30). This message has no response: the server answers the request
/// itself. The header identifies the request by its MessageId, or by the AsyncId of its interim response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CancelRequest;

impl Message<'_> for CancelRequest {
    const COMMAND: Command = Command::CANCEL;
}

impl Body<'_> for CancelRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        encode_empty(writer);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        decode_empty(reader, "CANCEL request").map(|()| Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::{bytes_of, survives};

    /// A failure here would make a waiting request impossible to cancel.
    #[test]
    fn survives_as_four_bytes() {
        assert_eq!(bytes_of(&CancelRequest)[64..], [4, 0, 0, 0]);
        survives!(CancelRequest, CancelRequest);
    }
}
