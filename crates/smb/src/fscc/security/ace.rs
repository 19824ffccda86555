use netsession_wire::{DecodeError, Reader, Writer, open_enum};

use super::Sid;
use crate::Structure;
use crate::fscc::AccessMask;
use crate::msg::EncodeError;
use crate::msg::field::len16;

open_enum! {
    /// The type of an entry ([MS-DTYP] 2.4.4.1).
    pub struct AceType(u8) {
        ACCESS_ALLOWED = 0x00,
        ACCESS_DENIED = 0x01,
        SYSTEM_AUDIT = 0x02,
        ACCESS_ALLOWED_OBJECT = 0x05,
        ACCESS_DENIED_OBJECT = 0x06,
        SYSTEM_AUDIT_OBJECT = 0x07,
        ACCESS_ALLOWED_CALLBACK = 0x09,
        ACCESS_DENIED_CALLBACK = 0x0a,
        ACCESS_ALLOWED_CALLBACK_OBJECT = 0x0b,
        ACCESS_DENIED_CALLBACK_OBJECT = 0x0c,
        SYSTEM_AUDIT_CALLBACK = 0x0d,
        SYSTEM_AUDIT_CALLBACK_OBJECT = 0x0f,
        SYSTEM_MANDATORY_LABEL = 0x11,
        SYSTEM_RESOURCE_ATTRIBUTE = 0x12,
        SYSTEM_SCOPED_POLICY_ID = 0x13,
    }
}

bitflags::bitflags! {
    /// How other objects inherit an entry ([MS-DTYP] 2.4.4.1).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct AceFlags: u8 {
        /// Files inherit it.
        const OBJECT_INHERIT = 0x01;
        /// Directories inherit it.
        const CONTAINER_INHERIT = 0x02;
        /// The contents of those that inherit it do not.
        const NO_PROPAGATE_INHERIT = 0x04;
        /// It does not apply to the object itself.
        const INHERIT_ONLY = 0x08;
        /// The object has inherited it.
        const INHERITED = 0x10;
        /// Audit successful access.
        const SUCCESSFUL_ACCESS = 0x40;
        /// Audit failed access.
        const FAILED_ACCESS = 0x80;
    }
}

/// One entry of an access control list ([MS-DTYP] 2.4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ace {
    /// Its type.
    pub ace_type: AceType,
    /// How other objects inherit it.
    pub flags: AceFlags,
    /// The user or group, and the rights.
    pub body: AceBody,
}

/// The body of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AceBody {
    /// Rights of a user or group, as in the entries of files.
    Rights {
        /// The rights.
        mask: AccessMask,
        /// Whose.
        sid: Sid,
        /// The data after that: a condition or an attribute.
        data: Vec<u8>,
    },
    /// Entries of directory services, and types that this crate does not know.
    Other(Vec<u8>),
}

impl Ace {
    /// Returns an entry that allows a user or group these rights.
    #[must_use]
    pub const fn allow(sid: Sid, mask: AccessMask, flags: AceFlags) -> Self {
        let body = AceBody::Rights { mask, sid, data: Vec::new() };
        Self { ace_type: AceType::ACCESS_ALLOWED, flags, body }
    }

    const fn has_rights(ace_type: AceType) -> bool {
        matches!(ace_type.0, 0x00..=0x03 | 0x09 | 0x0a | 0x0d | 0x0e | 0x11..=0x13)
    }
}

impl Structure for Ace {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let start = writer.position();
        writer.u8(self.ace_type.0);
        writer.u8(self.flags.bits());
        let size = writer.position();
        writer.u16(0);
        match &self.body {
            AceBody::Rights { mask, sid, data } => {
                writer.u32(mask.bits());
                sid.encode(writer)?;
                writer.bytes(data);
            }
            AceBody::Other(data) => writer.bytes(data),
        }
        writer.fill_u16(size, len16(writer.position().saturating_sub(start), "access control entry")?);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "access control entry";
        let ace_type = AceType(reader.u8(WHAT)?);
        let flags = AceFlags::from_bits_retain(reader.u8(WHAT)?);
        let length = usize::from(reader.u16(WHAT)?).checked_sub(4).ok_or(DecodeError::invalid(WHAT))?;
        let body = &mut Reader::new(reader.bytes(length, WHAT)?);
        let body = match Self::has_rights(ace_type) {
            true => AceBody::Rights {
                mask: AccessMask::from_bits_retain(body.u32(WHAT)?),
                sid: Sid::decode(body)?,
                data: body.rest().to_vec(),
            },
            false => AceBody::Other(body.rest().to_vec()),
        };
        Ok(Self { ace_type, flags, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would allow a user what an entry denies.
    #[test]
    fn both_kinds_survive() {
        let everyone = Sid::new(1, &[0]).unwrap();
        let allow = Ace::allow(everyone.clone(), AccessMask::FILE_READ, AceFlags::INHERITED);
        assert_eq!(
            allow.to_bytes().unwrap(),
            [0, 0x10, 20, 0, 0x89, 0, 0x12, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]
        );
        keeps(&allow);
        let body = AceBody::Rights { mask: AccessMask::DELETE, sid: everyone, data: vec![1, 2, 3, 4] };
        keeps(&Ace { ace_type: AceType::ACCESS_DENIED_CALLBACK, flags: AceFlags::empty(), body });
        let body = AceBody::Other(vec![5; 7]);
        keeps(&Ace { ace_type: AceType::ACCESS_ALLOWED_OBJECT, flags: AceFlags::INHERIT_ONLY, body });
    }
}
