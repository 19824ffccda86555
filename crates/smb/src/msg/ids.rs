//! The identifiers of SMB2.

use std::fmt;

use netsession_wire::{DecodeError, Reader, Writer};

/// Identifies a request and its response within a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct MessageId(pub u64);

impl MessageId {
    /// The id of messages that answer no request, such as an oplock break ([MS-SMB2] 2.2.23).
    pub const UNSOLICITED: Self = Self(u64::MAX);
}

/// Identifies a request that the server carries out asynchronously ([MS-SMB2] 2.2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct AsyncId(pub u64);

/// Identifies a session within a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct SessionId(pub u64);

/// Identifies a tree connection within a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct TreeId(pub u32);

impl SessionId {
    /// No session.
    pub const NONE: Self = Self(0);
    /// The session of the request before it, in a related compound ([MS-SMB2] 3.2.4.1.4).
    pub const RELATED: Self = Self(u64::MAX);
}

impl TreeId {
    /// No tree connection.
    pub const NONE: Self = Self(0);
    /// The tree connection of the request before it, in a related compound ([MS-SMB2] 3.2.4.1.4).
    pub const RELATED: Self = Self(u32::MAX);
}

/// Identifies a lease within a client ([MS-SMB2] 2.2.13.2.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct LeaseKey(pub [u8; 16]);

/// Identifies an open ([MS-SMB2] 2.2.14.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FileId {
    /// Survives a reconnection of a durable open.
    pub persistent: u64,
    /// May change with one.
    pub volatile: u64,
}

impl FileId {
    /// No open, and in a related compound the open of the request before it.
    pub const NONE: Self = Self { persistent: u64::MAX, volatile: u64::MAX };

    /// Reads 16 bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    pub fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { persistent: reader.u64("FileId.Persistent")?, volatile: reader.u64("FileId.Volatile")? })
    }

    /// Writes 16 bytes.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u64(self.persistent);
        writer.u64(self.volatile);
    }
}

impl fmt::Debug for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileId({:#x}, {:#x})", self.persistent, self.volatile)
    }
}
