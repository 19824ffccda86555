use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::msg::EncodeError;

/// Asks for an open that survives the connection: LMR_REQUEST_RESILIENCY ([MS-SMB2] 2.2.31.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResiliencyRequest {
    /// The time that it survives, in milliseconds.
    pub timeout: u32,
}

impl Structure for ResiliencyRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.timeout);
        writer.u32(0);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "NETWORK_RESILIENCY_REQUEST";
        let timeout = reader.u32(WHAT)?;
        reader.skip(4, WHAT)?;
        Ok(Self { timeout })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would drop an open too early or too late.
    #[test]
    fn survives() {
        keeps(&ResiliencyRequest { timeout: 5 });
    }
}
