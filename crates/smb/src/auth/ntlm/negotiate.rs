use netsession_wire::DecodeError;

use super::message::{self, MessageWriter};
use super::{NegotiateFlags, Version};
use crate::auth::AuthError;

/// NEGOTIATE_MESSAGE ([MS-NLMP] 2.2.1.1). The client's domain and workstation are not sent, and ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Negotiate {
    /// What the client is able to do.
    pub flags: NegotiateFlags,
    /// The client's system, sent with [`NegotiateFlags::VERSION`].
    pub version: Version,
}

impl Negotiate {
    const TYPE: u32 = 1;

    /// Reads a message. What follows the flags is optional: old clients leave it out.
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
    /// None in fact: it has no field that could be too long.
    pub fn encode(&self) -> Result<Vec<u8>, AuthError> {
        let mut writer = MessageWriter::new(Self::TYPE, 40);
        writer.fixed().u32(self.flags.bits());
        writer.field(&[], "DomainName")?;
        writer.field(&[], "WorkstationName")?;
        self.version.encode(writer.fixed());
        Ok(writer.finish())
    }
}
