use netsession_wire::{DecodeError, Reader, Writer};

use super::{Acl, Sid};
use crate::Structure;
use crate::msg::EncodeError;
use crate::msg::create_context::CreateContextData;
use crate::msg::field::{len32, size};

bitflags::bitflags! {
    /// Control of a security descriptor ([MS-DTYP] 2.4.6).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct SecurityControl: u16 {
        /// The owner is a default.
        const OWNER_DEFAULTED = 0x0001;
        /// The group is a default.
        const GROUP_DEFAULTED = 0x0002;
        /// There is a DACL. Without this flag, or without a DACL, every user has full access.
        const DACL_PRESENT = 0x0004;
        /// The DACL is a default.
        const DACL_DEFAULTED = 0x0008;
        /// There is a SACL.
        const SACL_PRESENT = 0x0010;
        /// The SACL is a default.
        const SACL_DEFAULTED = 0x0020;
        /// The DACL comes from a trusted source.
        const DACL_TRUSTED = 0x0040;
        /// The server computes its own list from it.
        const SERVER_SECURITY = 0x0080;
        /// The DACL is to be inherited.
        const DACL_COMPUTED_INHERITANCE_REQUIRED = 0x0100;
        /// The SACL is to be inherited.
        const SACL_COMPUTED_INHERITANCE_REQUIRED = 0x0200;
        /// The DACL was inherited.
        const DACL_AUTO_INHERITED = 0x0400;
        /// The SACL was inherited.
        const SACL_AUTO_INHERITED = 0x0800;
        /// The DACL does not inherit.
        const DACL_PROTECTED = 0x1000;
        /// The SACL does not inherit.
        const SACL_PROTECTED = 0x2000;
        /// Sbz1 has a meaning.
        const RM_CONTROL_VALID = 0x4000;
        /// The descriptor is in one piece, as always on the wire.
        const SELF_RELATIVE = 0x8000;
    }
}

bitflags::bitflags! {
    /// The parts of a security descriptor to query or set ([MS-SMB2] 2.2.37, 2.2.39).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct SecurityInformation: u32 {
        /// The owner.
        const OWNER = 0x0000_0001;
        /// The group.
        const GROUP = 0x0000_0002;
        /// The access control list for access.
        const DACL = 0x0000_0004;
        /// The access control list for audits.
        const SACL = 0x0000_0008;
        /// The integrity label.
        const LABEL = 0x0000_0010;
        /// The resource attribute.
        const ATTRIBUTE = 0x0000_0020;
        /// The central access policy.
        const SCOPE = 0x0000_0040;
        /// The parts that a backup needs.
        const BACKUP = 0x0001_0000;
    }
}

/// A security descriptor in one piece ([MS-DTYP] 2.4.6).
///
/// The flags that say whether a list is present are part of `control`, because a list may be present and absent at
/// once: with [`SecurityControl::DACL_PRESENT`] and no `dacl`, every user has full access.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecurityDescriptor {
    /// Sbz1, which has a meaning with [`SecurityControl::RM_CONTROL_VALID`].
    pub resource_manager: u8,
    /// The flags. Writing always sets [`SecurityControl::SELF_RELATIVE`].
    pub control: SecurityControl,
    /// The owner.
    pub owner: Option<Sid>,
    /// The group.
    pub group: Option<Sid>,
    /// The access control list for audits.
    pub sacl: Option<Acl>,
    /// The access control list for access.
    pub dacl: Option<Acl>,
}

/// SMB2_CREATE_SD_BUFFER: the new file's security descriptor ([MS-SMB2] 2.2.13.2.2).
impl CreateContextData for SecurityDescriptor {
    const NAME: &'static [u8] = b"SecD";
}

impl Structure for SecurityDescriptor {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let start = writer.position();
        writer.u8(1);
        writer.u8(self.resource_manager);
        writer.u16(self.control.union(SecurityControl::SELF_RELATIVE).bits());
        let offsets = writer.position();
        writer.zeros(16);
        put(self.owner.as_ref(), offsets, start, writer)?;
        put(self.group.as_ref(), offsets.saturating_add(4), start, writer)?;
        put(self.sacl.as_ref(), offsets.saturating_add(8), start, writer)?;
        put(self.dacl.as_ref(), offsets.saturating_add(12), start, writer)
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "security descriptor";
        // Offsets count from here.
        let whole = reader.rest();
        let fixed = &mut Reader::new(whole);
        if fixed.u8(WHAT)? != 1 {
            return Err(DecodeError::invalid(WHAT));
        }
        let resource_manager = fixed.u8(WHAT)?;
        let control =
            SecurityControl::from_bits_retain(fixed.u16(WHAT)?).union(SecurityControl::SELF_RELATIVE);
        let [owner, group] = [get(whole, fixed.u32(WHAT)?)?, get(whole, fixed.u32(WHAT)?)?];
        let [sacl, dacl] = [get(whole, fixed.u32(WHAT)?)?, get(whole, fixed.u32(WHAT)?)?];
        Ok(Self { resource_manager, control, owner, group, sacl, dacl })
    }
}

/// Writes a part, and its offset to `field`.
fn put<T: Structure>(
    part: Option<&T>,
    field: usize,
    start: usize,
    writer: &mut Writer,
) -> Result<(), EncodeError> {
    let Some(part) = part else { return Ok(()) };
    let offset = writer.position().saturating_sub(start);
    writer.fill_u32(field, len32(offset, "security descriptor")?);
    part.encode(writer)?;
    // Each part starts at a multiple of 4, whatever the length of the entry before it.
    let over = writer.position().saturating_sub(start) % 4;
    writer.zeros(if over == 0 { 0 } else { 4_usize.saturating_sub(over) });
    Ok(())
}

/// Reads the part at an offset; `None` for the offset zero.
fn get<T: Structure>(whole: &[u8], offset: u32) -> Result<Option<T>, DecodeError> {
    match size(offset) {
        0 => Ok(None),
        offset => {
            let part = whole.get(offset..).ok_or(DecodeError::invalid("offset in a security descriptor"))?;
            T::from_bytes(part).map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fscc::{AccessMask, Ace, AceFlags};
    use crate::msg::testing::keeps;

    /// A failure here would open a file or share to others, or close it to its owner.
    #[test]
    fn all_parts_survive() {
        let sid = |id| Sid::new(5, &[32, id]).unwrap();
        let acl = |id| Acl::new(vec![Ace::allow(sid(id), AccessMask::FILE_READ, AceFlags::empty())]);
        keeps(&SecurityDescriptor {
            resource_manager: 0,
            control: SecurityControl::SELF_RELATIVE
                | SecurityControl::DACL_PRESENT
                | SecurityControl::SACL_PRESENT,
            owner: Some(sid(1)),
            group: Some(sid(2)),
            sacl: Some(acl(3)),
            dacl: Some(acl(4)),
        });
        let control = SecurityControl::SELF_RELATIVE | SecurityControl::DACL_PRESENT;
        keeps(&SecurityDescriptor { control, ..SecurityDescriptor::default() });
    }
}
