use netsession_wire::{DecodeError, Reader, Writer, open_enum, utf16};

use super::field::{len16, len32, size, structure_size, text};
use super::{Body, Command, EncodeError, HEADER_LEN, Message};
use crate::fscc::AccessMask;

bitflags::bitflags! {
    /// Flags of a TREE_CONNECT request (3.1.1, [MS-SMB2] 2.2.9).
    ///
    /// [`TreeConnectRequest::contexts`] represents SMB2_TREE_CONNECT_FLAG_EXTENSION_PRESENT.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct TreeConnectFlags: u16 {
        /// The client has been connected to this cluster share before.
        const CLUSTER_RECONNECT = 1;
        /// The client follows a [`super::ShareRedirect`].
        const REDIRECT_TO_OWNER = 2;
    }
}

/// SMB2_TREE_CONNECT_FLAG_EXTENSION_PRESENT.
const EXTENSION_PRESENT: u16 = 4;

/// Connects to a share ([MS-SMB2] 2.2.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeConnectRequest {
    /// How to process it.
    pub flags: TreeConnectFlags,
    /// `\\server\share`.
    pub path: String,
    /// The extension of 2.2.9.1; `None` if the client does not send it.
    pub contexts: Option<Vec<TreeConnectContext>>,
}

/// One context of a TREE_CONNECT request ([MS-SMB2] 2.2.9.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeConnectContext {
    /// 1 for a remoted identity (2.2.9.2.1).
    pub context_type: u16,
    /// Its form depends on the type.
    pub data: Vec<u8>,
}

open_enum! {
    /// The kind of a share ([MS-SMB2] 2.2.10).
    pub struct ShareType(u8) {
        DISK = 1,
        PIPE = 2,
        PRINT = 3,
    }
}

bitflags::bitflags! {
    /// Properties of a share ([MS-SMB2] 2.2.10).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct ShareFlags: u32 {
        /// Clients may cache files automatically for offline use.
        const AUTO_CACHING = 0x0000_0010;
        /// Clients may cache files and use them while the share is available. With AUTO_CACHING: no caching.
        const VDO_CACHING = 0x0000_0020;
        /// No offline caching.
        const NO_CACHING = 0x0000_0030;
        /// In a DFS tree.
        const DFS = 0x0000_0001;
        /// The root of a DFS tree.
        const DFS_ROOT = 0x0000_0002;
        /// No exclusive opens that deny reading.
        const RESTRICT_EXCLUSIVE_OPENS = 0x0000_0100;
        /// No opens that prevent deletion.
        const FORCE_SHARED_DELETE = 0x0000_0200;
        /// Ignored by clients.
        const ALLOW_NAMESPACE_CACHING = 0x0000_0400;
        /// Listings show only what the user may access.
        const ACCESS_BASED_DIRECTORY_ENUM = 0x0000_0800;
        /// No exclusive caching rights.
        const FORCE_LEVELII_OPLOCK = 0x0000_1000;
        /// Branch cache hashes, version 1.
        const ENABLE_HASH_V1 = 0x0000_2000;
        /// Branch cache hashes, version 2.
        const ENABLE_HASH_V2 = 0x0000_4000;
        /// Messages must be encrypted (3.x).
        const ENCRYPT_DATA = 0x0000_8000;
        /// Remoted identities.
        const IDENTITY_REMOTING = 0x0004_0000;
        /// Compression (3.1.1).
        const COMPRESS_DATA = 0x0010_0000;
        /// Clients should use a connection of its own for the share.
        const ISOLATED_TRANSPORT = 0x0020_0000;
    }
}

bitflags::bitflags! {
    /// The capabilities of a share ([MS-SMB2] 2.2.10).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct ShareCapabilities: u32 {
        /// In a DFS tree.
        const DFS = 0x0000_0008;
        /// Continuously available (3.x).
        const CONTINUOUS_AVAILABILITY = 0x0000_0010;
        /// Faster recovery of durable handles (3.x).
        const SCALEOUT = 0x0000_0020;
        /// A witness watches the availability (3.x).
        const CLUSTER = 0x0000_0040;
        /// Its owner may change (3.0.2 and later).
        const ASYMMETRIC = 0x0000_0080;
        /// Redirects clients to its owner (3.1.1).
        const REDIRECT_TO_OWNER = 0x0000_0100;
    }
}

/// The share is connected ([MS-SMB2] 2.2.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeConnectResponse {
    /// The kind of the share.
    pub share_type: ShareType,
    /// Its properties.
    pub share_flags: ShareFlags,
    /// Its capabilities.
    pub capabilities: ShareCapabilities,
    /// The most access that the user can have.
    pub maximal_access: AccessMask,
}

impl Message<'_> for TreeConnectRequest {
    const COMMAND: Command = Command::TREE_CONNECT;
}

impl Body<'_> for TreeConnectRequest {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let path = utf16::encode(&self.path);
        let extension = if self.contexts.is_some() { EXTENSION_PRESENT } else { 0 };
        writer.u16(9);
        writer.u16((self.flags.bits() & !EXTENSION_PRESENT) | extension);
        let path_offset = writer.position();
        writer.u16(0);
        writer.u16(len16(path.len(), "share path")?);
        let contexts = self.contexts.as_deref().unwrap_or_default();
        let extension_start = writer.position();
        if self.contexts.is_some() {
            writer.u32(0);
            writer.u16(len16(contexts.len(), "tree connect contexts")?);
            writer.zeros(10);
        }
        writer.fill_u16(path_offset, len16(writer.position(), "TREE_CONNECT request")?);
        writer.bytes(&path);
        for (index, context) in contexts.iter().enumerate() {
            writer.align(8);
            if index == 0 {
                let offset = writer.position().saturating_sub(HEADER_LEN);
                writer.fill_u32(extension_start, len32(offset, "share path")?);
            }
            writer.u16(context.context_type);
            writer.u16(len16(context.data.len(), "tree connect context")?);
            writer.u32(0);
            writer.bytes(&context.data);
        }
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "TREE_CONNECT request";
        structure_size(reader, 9, WHAT)?;
        let flags = reader.u16(WHAT)?;
        let [offset, length] = [reader.u16(WHAT)?, reader.u16(WHAT)?];
        let contexts = match flags & EXTENSION_PRESENT {
            0 => None,
            _ => Some(TreeConnectContext::decode_list(reader)?),
        };
        Ok(Self {
            flags: TreeConnectFlags::from_bits_retain(flags & !EXTENSION_PRESENT),
            path: text(reader, offset, length, "share path")?,
            contexts,
        })
    }
}

impl TreeConnectContext {
    /// Reads the extension of 2.2.9.1, whose offset counts from the body, not from the header.
    fn decode_list(reader: &mut Reader<'_>) -> Result<Vec<Self>, DecodeError> {
        const WHAT: &str = "tree connect context";
        let offset = size(reader.u32(WHAT)?);
        let count = reader.u16(WHAT)?;
        reader.skip(10, WHAT)?;
        let mut reader = Reader::new(reader.whole());
        if count > 0 {
            reader.skip(offset.saturating_add(HEADER_LEN), WHAT)?;
        }
        let mut contexts = Vec::new();
        for _ in 0..count {
            reader.align(8, WHAT)?;
            let context_type = reader.u16(WHAT)?;
            let length = usize::from(reader.u16(WHAT)?);
            reader.skip(4, WHAT)?;
            contexts.push(Self { context_type, data: reader.bytes(length, WHAT)?.to_vec() });
        }
        Ok(contexts)
    }
}

impl Message<'_> for TreeConnectResponse {
    const COMMAND: Command = Command::TREE_CONNECT;
}

impl Body<'_> for TreeConnectResponse {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u16(16);
        writer.u8(self.share_type.0);
        writer.u8(0);
        writer.u32(self.share_flags.bits());
        writer.u32(self.capabilities.bits());
        writer.u32(self.maximal_access.bits());
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "TREE_CONNECT response";
        structure_size(reader, 16, WHAT)?;
        let share_type = ShareType(reader.u8(WHAT)?);
        reader.skip(1, WHAT)?;
        Ok(Self {
            share_type,
            share_flags: ShareFlags::from_bits_retain(reader.u32(WHAT)?),
            capabilities: ShareCapabilities::from_bits_retain(reader.u32(WHAT)?),
            maximal_access: AccessMask::from_bits_retain(reader.u32(WHAT)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::survives;

    fn request(contexts: Option<Vec<TreeConnectContext>>) -> TreeConnectRequest {
        TreeConnectRequest {
            flags: TreeConnectFlags::REDIRECT_TO_OWNER,
            path: r"\\fs1\IPC$".into(),
            contexts,
        }
    }

    /// A failure here would connect another share, or none.
    #[test]
    fn both_survive() {
        survives!(TreeConnectRequest, request(None));
        survives!(
            TreeConnectResponse,
            TreeConnectResponse {
                share_type: ShareType::PIPE,
                share_flags: ShareFlags::NO_CACHING,
                capabilities: ShareCapabilities::CLUSTER,
                maximal_access: AccessMask::FILE_ALL,
            }
        );
    }

    /// A failure here would read a path that comes after an extension from the extension itself.
    #[test]
    fn extension_survives() {
        survives!(TreeConnectRequest, request(Some(vec![])));
        let one = TreeConnectContext { context_type: 1, data: vec![1, 2, 3] };
        let two = TreeConnectContext { context_type: 2, data: vec![4] };
        survives!(TreeConnectRequest, request(Some(vec![one, two])));
    }
}
