use netsession_wire::{DecodeError, Reader, Writer};

use super::field::{buffer, len16, structure_size};
use super::{Body, Capabilities, Command, EncodeError, Message, SecurityMode, SessionId};

bitflags::bitflags! {
    /// Flags of a SESSION_SETUP request ([MS-SMB2] 2.2.5).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct SessionSetupFlags: u8 {
        /// Bind an existing session to this connection (3.x).
        const BINDING = 1;
    }
}

bitflags::bitflags! {
    /// The properties of a session ([MS-SMB2] 2.2.6).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct SessionFlags: u16 {
        /// The user is a guest.
        const IS_GUEST = 1;
        /// The user is anonymous.
        const IS_NULL = 2;
        /// Messages must be encrypted (3.x).
        const ENCRYPT_DATA = 4;
    }
}

/// One step of a login ([MS-SMB2] 2.2.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSetupRequest {
    /// How to process it.
    pub flags: SessionSetupFlags,
    /// Whether the client requires signing.
    pub security_mode: SecurityMode,
    /// The capabilities; only [`Capabilities::DFS`] has a meaning here.
    pub capabilities: Capabilities,
    /// A session that the client has lost, and that the server should end.
    pub previous_session_id: SessionId,
    /// A GSS token.
    pub security_buffer: Vec<u8>,
}

/// The answer to it ([MS-SMB2] 2.2.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSetupResponse {
    /// The properties of the session, once it is set up.
    pub session_flags: SessionFlags,
    /// A GSS token; may be empty.
    pub security_buffer: Vec<u8>,
}

impl Message<'_> for SessionSetupRequest {
    const COMMAND: Command = Command::SESSION_SETUP;
}

impl Body<'_> for SessionSetupRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(25);
        writer.u8(self.flags.bits());
        let [security_mode, _] = self.security_mode.bits().to_le_bytes();
        writer.u8(security_mode);
        writer.u32(self.capabilities.bits());
        writer.u32(0);
        writer.u16(len16(writer.position().saturating_add(12), "SESSION_SETUP request")?);
        writer.u16(len16(self.security_buffer.len(), "security buffer")?);
        writer.u64(self.previous_session_id.0);
        writer.bytes(&self.security_buffer);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SESSION_SETUP request";
        structure_size(reader, 25, WHAT)?;
        let flags = SessionSetupFlags::from_bits_retain(reader.u8(WHAT)?);
        let security_mode = SecurityMode::from_bits_retain(reader.u8(WHAT)?.into());
        let capabilities = Capabilities::from_bits_retain(reader.u32(WHAT)?);
        reader.skip(4, WHAT)?;
        let [offset, length] = [reader.u16(WHAT)?, reader.u16(WHAT)?];
        let previous_session_id = SessionId(reader.u64(WHAT)?);
        let security_buffer = buffer(reader, offset, length, "security buffer")?.to_vec();
        Ok(Self { flags, security_mode, capabilities, previous_session_id, security_buffer })
    }
}

impl Message<'_> for SessionSetupResponse {
    const COMMAND: Command = Command::SESSION_SETUP;
}

impl Body<'_> for SessionSetupResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(9);
        writer.u16(self.session_flags.bits());
        writer.u16(len16(writer.position().saturating_add(4), "SESSION_SETUP response")?);
        writer.u16(len16(self.security_buffer.len(), "security buffer")?);
        writer.bytes(&self.security_buffer);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SESSION_SETUP response";
        structure_size(reader, 9, WHAT)?;
        let session_flags = SessionFlags::from_bits_retain(reader.u16(WHAT)?);
        let [offset, length] = [reader.u16(WHAT)?, reader.u16(WHAT)?];
        let security_buffer = buffer(reader, offset, length, "security buffer")?.to_vec();
        Ok(Self { session_flags, security_buffer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::survives;

    /// A failure here would make logons fail, or take them for guest logons.
    #[test]
    fn both_survive() {
        survives!(
            SessionSetupRequest,
            SessionSetupRequest {
                flags: SessionSetupFlags::BINDING,
                security_mode: SecurityMode::SIGNING_REQUIRED,
                capabilities: Capabilities::DFS,
                previous_session_id: SessionId(0x0102_0304_0506_0708),
                security_buffer: b"token".to_vec(),
            }
        );
        for security_buffer in [vec![], b"token".to_vec()] {
            let session_flags = SessionFlags::ENCRYPT_DATA;
            survives!(SessionSetupResponse, SessionSetupResponse { session_flags, security_buffer });
        }
    }
}
