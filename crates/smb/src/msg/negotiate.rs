use netsession_wire::{DecodeError, Guid, Reader, Writer, open_enum};

use super::field::{buffer, len16, len32, list16, structure_size};
use super::{Body, Command, EncodeError, Message, NegotiateContext};
use crate::fscc::FileTime;

open_enum! {
    /// A revision of the protocol ([MS-SMB2] 2.2.3, 2.2.4). Later ones compare as greater.
    pub struct Dialect(u16) {
        SMB_2_0_2 = 0x0202,
        SMB_2_1 = 0x0210,
        /// Only in the answer to SMB1's negotiation: "2.1 or later, negotiate again in SMB2".
        WILDCARD = 0x02ff,
        SMB_3_0 = 0x0300,
        SMB_3_0_2 = 0x0302,
        SMB_3_1_1 = 0x0311,
    }
}

impl Dialect {
    /// The dialects that this crate speaks, the oldest first.
    pub const ALL: [Self; 5] =
        [Self::SMB_2_0_2, Self::SMB_2_1, Self::SMB_3_0, Self::SMB_3_0_2, Self::SMB_3_1_1];

    /// Returns a dialect of [`Dialect::ALL`] as people write it, such as `3.1.1`; `?` for any other.
    ///
    /// ```
    /// assert_eq!(netsession_smb::msg::Dialect::SMB_3_0_2.number(), "3.0.2");
    /// ```
    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::SMB_2_0_2 => "2.0.2",
            Self::SMB_2_1 => "2.1",
            Self::SMB_3_0 => "3.0",
            Self::SMB_3_0_2 => "3.0.2",
            Self::SMB_3_1_1 => "3.1.1",
            _ => "?",
        }
    }
}

bitflags::bitflags! {
    /// Whether a side offers or requires signing ([MS-SMB2] 2.2.3).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct SecurityMode: u16 {
        /// Offered.
        const SIGNING_ENABLED = 1;
        /// Required.
        const SIGNING_REQUIRED = 2;
    }
}

bitflags::bitflags! {
    /// The capabilities of a client or server ([MS-SMB2] 2.2.3, 2.2.4).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Capabilities: u32 {
        /// Distributed file system.
        const DFS = 0x0000_0001;
        /// Leases.
        const LEASING = 0x0000_0002;
        /// Requests that consume several credits.
        const LARGE_MTU = 0x0000_0004;
        /// Several connections for one session.
        const MULTI_CHANNEL = 0x0000_0008;
        /// Handles that survive the server.
        const PERSISTENT_HANDLES = 0x0000_0010;
        /// Leases on directories.
        const DIRECTORY_LEASING = 0x0000_0020;
        /// Encryption (3.0 and 3.0.2; 3.1.1 has a context for it).
        const ENCRYPTION = 0x0000_0040;
        /// Notifications from server to client (3.1.1).
        const NOTIFICATIONS = 0x0000_0080;
    }
}

/// The client's offer ([MS-SMB2] 2.2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NegotiateRequest {
    /// Whether the client requires signing.
    pub security_mode: SecurityMode,
    /// The capabilities of the client (3.x).
    pub capabilities: Capabilities,
    /// Names the client.
    pub client_guid: Guid,
    /// The dialects that it speaks.
    pub dialects: Vec<Dialect>,
    /// The contexts; written only if `dialects` has 3.1.1.
    pub contexts: Vec<NegotiateContext>,
}

/// The server's selection ([MS-SMB2] 2.2.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NegotiateResponse {
    /// Whether the server requires signing.
    pub security_mode: SecurityMode,
    /// The dialect to speak.
    pub dialect: Dialect,
    /// Identifies the server.
    pub server_guid: Guid,
    /// The capabilities of the server.
    pub capabilities: Capabilities,
    /// The longest buffer of QUERY_INFO, QUERY_DIRECTORY, SET_INFO and CHANGE_NOTIFY, in bytes.
    pub max_transact_size: u32,
    /// The longest READ, in bytes.
    pub max_read_size: u32,
    /// The longest WRITE, in bytes.
    pub max_write_size: u32,
    /// The server's clock.
    pub system_time: FileTime,
    /// The time of its start; mostly zero.
    pub server_start_time: FileTime,
    /// A GSS token that names the mechanisms; may be empty.
    pub security_buffer: Vec<u8>,
    /// The contexts; written only if `dialect` is 3.1.1.
    pub contexts: Vec<NegotiateContext>,
}

impl Message<'_> for NegotiateRequest {
    const COMMAND: Command = Command::NEGOTIATE;
}

impl Body<'_> for NegotiateRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(36);
        writer.u16(len16(self.dialects.len(), "dialects")?);
        writer.u16(self.security_mode.bits());
        writer.u16(0);
        writer.u32(self.capabilities.bits());
        self.client_guid.encode(writer);
        let context_fields = writer.position();
        writer.u64(0);
        self.dialects.iter().for_each(|dialect| writer.u16(dialect.0));
        if self.dialects.contains(&Dialect::SMB_3_1_1) {
            let offset = NegotiateContext::encode_list(&self.contexts, writer)?;
            writer.fill_u32(context_fields, len32(offset, "dialects")?);
            let count = len16(self.contexts.len(), "negotiate contexts")?;
            writer.fill_u16(context_fields.saturating_add(4), count);
        }
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "NEGOTIATE request";
        structure_size(reader, 36, WHAT)?;
        let dialect_count = reader.u16(WHAT)?;
        let security_mode = SecurityMode::from_bits_retain(reader.u16(WHAT)?);
        reader.skip(2, WHAT)?;
        let capabilities = Capabilities::from_bits_retain(reader.u32(WHAT)?);
        let client_guid = Guid::decode(reader)?;
        let context_offset = reader.u32(WHAT)?;
        let context_count = reader.u16(WHAT)?;
        reader.skip(2, WHAT)?;
        let dialects = list16(reader, dialect_count, "dialects", Dialect)?;
        let contexts = match dialects.contains(&Dialect::SMB_3_1_1) {
            true => NegotiateContext::decode_list(reader, context_offset, context_count)?,
            false => Vec::new(),
        };
        Ok(Self { security_mode, capabilities, client_guid, dialects, contexts })
    }
}

impl Message<'_> for NegotiateResponse {
    const COMMAND: Command = Command::NEGOTIATE;
}

impl Body<'_> for NegotiateResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let with_contexts = self.dialect == Dialect::SMB_3_1_1;
        writer.u16(65);
        writer.u16(self.security_mode.bits());
        writer.u16(self.dialect.0);
        writer.u16(if with_contexts { len16(self.contexts.len(), "negotiate contexts")? } else { 0 });
        self.server_guid.encode(writer);
        writer.u32(self.capabilities.bits());
        writer.u32(self.max_transact_size);
        writer.u32(self.max_read_size);
        writer.u32(self.max_write_size);
        writer.i64(self.system_time.0);
        writer.i64(self.server_start_time.0);
        writer.u16(len16(writer.position().saturating_add(8), "NEGOTIATE response")?);
        writer.u16(len16(self.security_buffer.len(), "security buffer")?);
        let context_offset = writer.position();
        writer.u32(0);
        writer.bytes(&self.security_buffer);
        if with_contexts {
            let offset = NegotiateContext::encode_list(&self.contexts, writer)?;
            writer.fill_u32(context_offset, len32(offset, "security buffer")?);
        }
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "NEGOTIATE response";
        structure_size(reader, 65, WHAT)?;
        let security_mode = SecurityMode::from_bits_retain(reader.u16(WHAT)?);
        let dialect = Dialect(reader.u16(WHAT)?);
        let context_count = reader.u16(WHAT)?;
        let server_guid = Guid::decode(reader)?;
        let capabilities = Capabilities::from_bits_retain(reader.u32(WHAT)?);
        let [max_transact_size, max_read_size, max_write_size] =
            [reader.u32(WHAT)?, reader.u32(WHAT)?, reader.u32(WHAT)?];
        let system_time = FileTime(reader.i64(WHAT)?);
        let server_start_time = FileTime(reader.i64(WHAT)?);
        let [offset, length] = [reader.u16(WHAT)?, reader.u16(WHAT)?];
        let context_offset = reader.u32(WHAT)?;
        let security_buffer = buffer(reader, offset, length, "security buffer")?.to_vec();
        let contexts = match dialect {
            Dialect::SMB_3_1_1 => NegotiateContext::decode_list(reader, context_offset, context_count)?,
            _ => Vec::new(),
        };
        Ok(Self {
            security_mode,
            dialect,
            server_guid,
            capabilities,
            max_transact_size,
            max_read_size,
            max_write_size,
            system_time,
            server_start_time,
            security_buffer,
            contexts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::{bytes_of, survives};
    use crate::msg::{
        Cipher, CompressionAlgorithm, CompressionFlags, HashAlgorithm, RdmaTransform, SigningAlgorithm,
        TransportFlags,
    };

    fn every_context() -> Vec<NegotiateContext> {
        vec![
            NegotiateContext::Preauth { algorithms: vec![HashAlgorithm::SHA_512], salt: vec![7; 32] },
            NegotiateContext::Encryption(vec![Cipher::AES_256_GCM, Cipher(9)]),
            NegotiateContext::Compression {
                flags: CompressionFlags::CHAINED,
                algorithms: vec![CompressionAlgorithm::LZ4],
            },
            NegotiateContext::NetName("fs1.example.com".into()),
            NegotiateContext::Transport(TransportFlags::ACCEPT_TRANSPORT_LEVEL_SECURITY),
            NegotiateContext::Rdma(vec![RdmaTransform::SIGNING]),
            NegotiateContext::Signing(vec![SigningAlgorithm::AES_GMAC, SigningAlgorithm::AES_CMAC]),
            NegotiateContext::Unknown { context_type: 0x0100, data: vec![1] },
        ]
    }

    fn request(dialects: Vec<Dialect>, contexts: Vec<NegotiateContext>) -> NegotiateRequest {
        NegotiateRequest {
            security_mode: SecurityMode::SIGNING_REQUIRED,
            capabilities: Capabilities::LARGE_MTU | Capabilities::from_bits_retain(0x8000),
            client_guid: Guid([3; 16]),
            dialects,
            contexts,
        }
    }

    fn response(dialect: Dialect, contexts: Vec<NegotiateContext>) -> NegotiateResponse {
        NegotiateResponse {
            security_mode: SecurityMode::SIGNING_ENABLED,
            dialect,
            server_guid: Guid([4; 16]),
            capabilities: Capabilities::DFS,
            max_transact_size: 1,
            max_read_size: 2,
            max_write_size: 3,
            system_time: FileTime(4),
            server_start_time: FileTime(5),
            security_buffer: vec![6; 5],
            contexts,
        }
    }

    /// A failure here would make client and server agree on terms that were not offered.
    #[test]
    fn every_context_survives() {
        survives!(NegotiateRequest, request(vec![Dialect::SMB_2_1, Dialect::SMB_3_1_1], every_context()));
        survives!(NegotiateResponse, response(Dialect::SMB_3_1_1, every_context()));
    }

    /// A failure here would send an offset in a field that older dialects reserve.
    #[test]
    fn contexts_belong_to_3_1_1_only() {
        let bytes = bytes_of(&request(vec![Dialect::SMB_3_0_2], every_context()));
        assert_eq!(bytes.len(), 64 + 36 + 2);
        assert_eq!(bytes[64 + 28..64 + 36], [0; 8]);
        survives!(NegotiateRequest, request(vec![Dialect::SMB_3_0, Dialect::SMB_3_0_2], vec![]));
        survives!(NegotiateResponse, response(Dialect::SMB_2_1, vec![]));
    }
}
