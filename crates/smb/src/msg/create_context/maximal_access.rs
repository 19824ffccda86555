use netsession_wire::{DecodeError, NtStatus, Reader, Writer};

use super::{CreateContextData, EncodeError};
use crate::Structure;
use crate::fscc::{AccessMask, FileTime};

/// Asks for the user's access to the file ([MS-SMB2] 2.2.13.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MaximalAccessRequest {
    /// Asks only if the file has changed since this time.
    pub timestamp: Option<FileTime>,
}

/// The user's access to the file ([MS-SMB2] 2.2.14.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaximalAccessResponse {
    /// The status; `maximal_access` is valid only with success.
    pub query_status: NtStatus,
    /// The user's access.
    pub maximal_access: AccessMask,
}

const NAME: &[u8] = b"MxAc";

impl CreateContextData for MaximalAccessRequest {
    const NAME: &'static [u8] = NAME;
}

impl Structure for MaximalAccessRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        if let Some(timestamp) = self.timestamp {
            writer.i64(timestamp.0);
        }
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.remaining() {
            0 => Self { timestamp: None },
            _ => Self { timestamp: Some(FileTime(reader.i64("SMB2_CREATE_QUERY_MAXIMAL_ACCESS_REQUEST")?)) },
        })
    }
}

impl CreateContextData for MaximalAccessResponse {
    const NAME: &'static [u8] = NAME;
}

impl Structure for MaximalAccessResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.query_status.0);
        writer.u32(self.maximal_access.bits());
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SMB2_CREATE_QUERY_MAXIMAL_ACCESS_RESPONSE";
        Ok(Self {
            query_status: NtStatus(reader.u32(WHAT)?),
            maximal_access: AccessMask::from_bits_retain(reader.u32(WHAT)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make clients show rights that the user does not have.
    #[test]
    fn both_survive() {
        assert_eq!(MaximalAccessRequest::default().to_bytes(), Ok(vec![]));
        keeps(&MaximalAccessRequest { timestamp: Some(FileTime(1)) });
        let query_status = NtStatus::ACCESS_DENIED;
        keeps(&MaximalAccessResponse { query_status, maximal_access: AccessMask::FILE_READ });
    }
}
