use netsession_wire::{DecodeError, Guid, Reader, Writer};

use crate::Structure;
use crate::msg::field::{len16, list16};
use crate::msg::{Capabilities, Dialect, EncodeError, SecurityMode};

/// The client's NEGOTIATE request, repeated under a signature ([MS-SMB2] 2.2.31.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidateNegotiateRequest {
    /// As in the NEGOTIATE request.
    pub capabilities: Capabilities,
    /// As in the NEGOTIATE request.
    pub client_guid: Guid,
    /// As in the NEGOTIATE request.
    pub security_mode: SecurityMode,
    /// As in the NEGOTIATE request.
    pub dialects: Vec<Dialect>,
}

/// The server's NEGOTIATE response, repeated ([MS-SMB2] 2.2.32.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValidateNegotiateResponse {
    /// As in the NEGOTIATE response.
    pub capabilities: Capabilities,
    /// As in the NEGOTIATE response.
    pub server_guid: Guid,
    /// As in the NEGOTIATE response.
    pub security_mode: SecurityMode,
    /// As in the NEGOTIATE response.
    pub dialect: Dialect,
}

impl Structure for ValidateNegotiateRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.capabilities.bits());
        self.client_guid.encode(writer);
        writer.u16(self.security_mode.bits());
        writer.u16(len16(self.dialects.len(), "dialects")?);
        self.dialects.iter().for_each(|dialect| writer.u16(dialect.0));
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "VALIDATE_NEGOTIATE_INFO request";
        let capabilities = Capabilities::from_bits_retain(reader.u32(WHAT)?);
        let client_guid = Guid::decode(reader)?;
        let security_mode = SecurityMode::from_bits_retain(reader.u16(WHAT)?);
        let count = reader.u16(WHAT)?;
        Ok(Self { capabilities, client_guid, security_mode, dialects: list16(reader, count, WHAT, Dialect)? })
    }
}

impl Structure for ValidateNegotiateResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.capabilities.bits());
        self.server_guid.encode(writer);
        writer.u16(self.security_mode.bits());
        writer.u16(self.dialect.0);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "VALIDATE_NEGOTIATE_INFO response";
        Ok(Self {
            capabilities: Capabilities::from_bits_retain(reader.u32(WHAT)?),
            server_guid: Guid::decode(reader)?,
            security_mode: SecurityMode::from_bits_retain(reader.u16(WHAT)?),
            dialect: Dialect(reader.u16(WHAT)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would let a downgrade go unnoticed, or refuse an honest server.
    #[test]
    fn both_survive() {
        let (capabilities, security_mode) = (Capabilities::LEASING, SecurityMode::SIGNING_REQUIRED);
        let dialects = vec![Dialect::SMB_2_1, Dialect::SMB_3_0_2];
        keeps(&ValidateNegotiateRequest {
            capabilities,
            client_guid: Guid([1; 16]),
            security_mode,
            dialects,
        });
        let (server_guid, dialect) = (Guid([2; 16]), Dialect::SMB_3_0);
        keeps(&ValidateNegotiateResponse { capabilities, server_guid, security_mode, dialect });
    }
}
