use netsession_wire::{DecodeError, utf16};

use super::message::{self, MessageWriter};
use super::{AvId, AvPairs, NegotiateFlags, Version};
use crate::auth::{AuthError, ServerIdentity};

/// CHALLENGE_MESSAGE ([MS-NLMP] 2.2.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The flags that the server chose.
    pub flags: NegotiateFlags,
    /// The server's domain or name.
    pub target_name: String,
    /// ServerChallenge: the nonce that the response must cover.
    pub server_challenge: [u8; 8],
    /// The server's names and time.
    pub target_info: AvPairs,
    /// The server's system, with [`NegotiateFlags::VERSION`].
    pub version: Version,
}

impl Challenge {
    const TYPE: u32 = 2;

    /// Reads a message.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = message::start(bytes, Self::TYPE)?;
        let target_name = message::field(&mut reader, "TargetName")?;
        let flags = NegotiateFlags::from_bits_retain(reader.u32("NegotiateFlags")?);
        let server_challenge = reader.array("ServerChallenge")?;
        reader.skip(8, "CHALLENGE.Reserved")?;
        let mut target_info = AvPairs::default();
        if flags.contains(NegotiateFlags::TARGET_INFO) {
            target_info = AvPairs::decode(message::field(&mut reader, "TargetInfo")?)?;
        }
        let mut version = Version::default();
        if flags.contains(NegotiateFlags::VERSION) {
            version = Version::decode(&mut reader)?;
        }
        let target_name = message::text(target_name, flags, "TargetName")?;
        Ok(Self { flags, target_name, server_challenge, target_info, version })
    }

    /// Writes the message; its names are UTF-16.
    ///
    /// # Errors
    /// [`AuthError::TooLong`].
    pub fn encode(&self) -> Result<Vec<u8>, AuthError> {
        let mut writer = MessageWriter::new(Self::TYPE, 56);
        writer.field(&utf16::encode(&self.target_name), "TargetName")?;
        writer.fixed().u32(self.flags.bits());
        writer.fixed().bytes(&self.server_challenge);
        writer.fixed().zeros(8);
        writer.field(&self.target_info.encode()?, "TargetInfo")?;
        self.version.encode(writer.fixed());
        Ok(writer.finish())
    }

    /// Returns the names that the server gives itself.
    #[must_use]
    pub fn server(&self) -> ServerIdentity {
        let version = self.flags.contains(NegotiateFlags::VERSION);
        ServerIdentity {
            netbios_computer: self.target_info.text(AvId::NB_COMPUTER_NAME),
            netbios_domain: self.target_info.text(AvId::NB_DOMAIN_NAME),
            dns_computer: self.target_info.text(AvId::DNS_COMPUTER_NAME),
            dns_domain: self.target_info.text(AvId::DNS_DOMAIN_NAME),
            dns_forest: self.target_info.text(AvId::DNS_TREE_NAME),
            version: version.then_some((self.version.major, self.version.minor, self.version.build)),
            filetime: self.target_info.timestamp(),
        }
    }
}
