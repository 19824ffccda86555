use netsession_wire::{DecodeError, Reader, Writer};

use super::{CreateContextData, EncodeError};
use crate::Structure;
use crate::msg::FileId;

/// Asks for an open that survives the connection ([MS-SMB2] 2.2.13.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurableRequest;

/// The open survives the connection ([MS-SMB2] 2.2.14.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurableResponse;

/// Resumes an open after the connection was lost ([MS-SMB2] 2.2.13.2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DurableReconnect {
    /// The open.
    pub file_id: FileId,
}

impl CreateContextData for DurableRequest {
    const NAME: &'static [u8] = b"DHnQ";
}

impl Structure for DurableRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.zeros(16);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.skip(16, "SMB2_CREATE_DURABLE_HANDLE_REQUEST").map(|()| Self)
    }
}

impl CreateContextData for DurableResponse {
    const NAME: &'static [u8] = b"DHnQ";
}

impl Structure for DurableResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.zeros(8);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.skip(8, "SMB2_CREATE_DURABLE_HANDLE_RESPONSE").map(|()| Self)
    }
}

impl CreateContextData for DurableReconnect {
    const NAME: &'static [u8] = b"DHnC";
}

impl Structure for DurableReconnect {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        self.file_id.encode(writer);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { file_id: FileId::decode(reader)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would lose opens when a connection is lost.
    #[test]
    fn all_survive() {
        keeps(&DurableRequest);
        keeps(&DurableResponse);
        keeps(&DurableReconnect { file_id: FileId { persistent: 1, volatile: 2 } });
    }
}
