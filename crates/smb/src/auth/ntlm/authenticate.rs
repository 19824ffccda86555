use std::ops::Range;

use netsession_wire::{DecodeError, utf16};

use super::message::{self, MessageWriter};
use super::{NegotiateFlags, Version};
use crate::auth::AuthError;

/// AUTHENTICATE_MESSAGE ([MS-NLMP] 2.2.1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticate {
    /// The negotiated flags.
    pub flags: NegotiateFlags,
    /// LmChallengeResponse.
    pub lm_response: Vec<u8>,
    /// NtChallengeResponse.
    pub nt_response: Vec<u8>,
    /// The user's domain, as the client sends it: it is part of the response.
    pub domain: String,
    /// The user's name.
    pub user: String,
    /// The client's name.
    pub workstation: String,
    /// EncryptedRandomSessionKey; empty without [`NegotiateFlags::KEY_EXCH`].
    pub encrypted_session_key: Vec<u8>,
    /// The client's system.
    pub version: Version,
}

impl Authenticate {
    const TYPE: u32 = 3;
    /// The position of the message integrity code, in messages that have one.
    pub(super) const MIC: Range<usize> = 72..88;

    /// Reads a message. Its integrity code, where [`super::AvFlags`] announce one, is at `Self::MIC`.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = message::start(bytes, Self::TYPE)?;
        let lm_response = message::field(&mut reader, "LmChallengeResponse")?.to_vec();
        let nt_response = message::field(&mut reader, "NtChallengeResponse")?.to_vec();
        let domain = message::field(&mut reader, "DomainName")?;
        let user = message::field(&mut reader, "UserName")?;
        let workstation = message::field(&mut reader, "Workstation")?;
        let encrypted_session_key = message::field(&mut reader, "EncryptedRandomSessionKey")?.to_vec();
        let flags = NegotiateFlags::from_bits_retain(reader.u32("NegotiateFlags")?);
        let mut version = Version::default();
        if flags.contains(NegotiateFlags::VERSION) {
            version = Version::decode(&mut reader)?;
        }
        // A client that repeats neither flag uses what the server's challenge has said. node-smb2 sends no flag at all.
        let encoding = match flags.intersects(NegotiateFlags::UNICODE | NegotiateFlags::OEM) {
            true => flags,
            false => NegotiateFlags::UNICODE,
        };
        Ok(Self {
            flags,
            lm_response,
            nt_response,
            domain: message::text(domain, encoding, "DomainName")?,
            user: message::text(user, encoding, "UserName")?,
            workstation: message::text(workstation, encoding, "Workstation")?,
            encrypted_session_key,
            version,
        })
    }

    /// Writes the message with a zero integrity code; its names are UTF-16.
    ///
    /// # Errors
    /// [`AuthError::TooLong`].
    pub fn encode(&self) -> Result<Vec<u8>, AuthError> {
        let mut writer = MessageWriter::new(Self::TYPE, Self::MIC.end);
        writer.field(&self.lm_response, "LmChallengeResponse")?;
        writer.field(&self.nt_response, "NtChallengeResponse")?;
        writer.field(&utf16::encode(&self.domain), "DomainName")?;
        writer.field(&utf16::encode(&self.user), "UserName")?;
        writer.field(&utf16::encode(&self.workstation), "Workstation")?;
        writer.field(&self.encrypted_session_key, "EncryptedRandomSessionKey")?;
        writer.fixed().u32(self.flags.bits());
        self.version.encode(writer.fixed());
        writer.fixed().zeros(Self::MIC.len());
        Ok(writer.finish())
    }

    /// Returns the integrity code of an encoded message.
    pub(super) fn mic(bytes: &[u8]) -> Option<[u8; 16]> {
        bytes.get(Self::MIC)?.try_into().ok()
    }

    /// Puts an integrity code into an encoded message.
    pub(super) fn set_mic(bytes: &mut [u8], mic: &[u8; 16]) {
        if let Some(place) = bytes.get_mut(Self::MIC) {
            place.copy_from_slice(mic);
        }
    }
}
