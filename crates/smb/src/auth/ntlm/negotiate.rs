use netsession_wire::DecodeError;

use super::message::{self, MessageWriter};
use super::{NegotiateFlags, Version};
use crate::auth::AuthError;

/// NEGOTIATE_MESSAGE ([MS-NLMP] 2.2.1.1). This crate does not send the client's domain and workstation, and ignores
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Negotiate {
    /// The flags that the client supports.
    pub flags: NegotiateFlags,
    /// The client's system, sent with [`NegotiateFlags::VERSION`].
    pub version: Version,
}

impl Negotiate {
    const TYPE: u32 = 1;

    /// Reads a message. The fields after the flags are optional: old clients omit them.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = message::start(bytes, Self::TYPE)?;
        let flags = NegotiateFlags::from_bits_retain(reader.u32("NegotiateFlags")?);
        let mut version = Version::default();
        if flags.contains(NegotiateFlags::VERSION) && reader.skip(16, "names").is_ok() {
            version = Version::decode(&mut reader)?;
        }
        Ok(Self { flags, version })
    }

    /// Writes the message.
    ///
    /// # Errors
    /// None: the message has no field that could be too long.
    pub fn encode(&self) -> Result<Vec<u8>, AuthError> {
        let mut writer = MessageWriter::new(Self::TYPE, 40);
        writer.fixed().u32(self.flags.bits());
        writer.field(&[], "DomainName")?;
        writer.field(&[], "WorkstationName")?;
        self.version.encode(writer.fixed());
        Ok(writer.finish())
    }
}
