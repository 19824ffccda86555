use netsession_wire::{DecodeError, Reader, Writer};

use super::Ace;
use crate::Structure;
use crate::msg::EncodeError;
use crate::msg::field::len16;

/// An access control list ([MS-DTYP] 2.4.5). An empty list allows nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acl {
    /// The revision: 2, or 4 if an entry is about directory services.
    pub revision: u8,
    /// The entries, in the order in which the server applies them.
    pub aces: Vec<Ace>,
}

impl Acl {
    /// A list for files.
    #[must_use]
    pub const fn new(aces: Vec<Ace>) -> Self {
        Self { revision: 2, aces }
    }
}

impl Structure for Acl {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let start = writer.position();
        writer.u8(self.revision);
        writer.u8(0);
        let size = writer.position();
        writer.u16(0);
        writer.u16(len16(self.aces.len(), "access control entries")?);
        writer.u16(0);
        for ace in &self.aces {
            ace.encode(writer)?;
        }
        writer.fill_u16(size, len16(writer.position().saturating_sub(start), "access control list")?);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "access control list";
        let revision = reader.u8(WHAT)?;
        reader.skip(1, WHAT)?;
        let length = usize::from(reader.u16(WHAT)?).checked_sub(4).ok_or(DecodeError::invalid(WHAT))?;
        let rest = &mut Reader::new(reader.bytes(length, WHAT)?);
        let count = rest.u16(WHAT)?;
        rest.skip(2, WHAT)?;
        Ok(Self { revision, aces: (0..count).map(|_| Ace::decode(rest)).collect::<Result<_, _>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fscc::{AccessMask, AceFlags, Sid};
    use crate::msg::testing::keeps;

    /// A failure here would lose rights, or take an empty list for a missing one, which allows everything.
    #[test]
    fn lists_survive() {
        let sid = |id| Sid::new(5, &[32, id]).unwrap();
        let ace = |id| Ace::allow(sid(id), AccessMask::FILE_ALL, AceFlags::empty());
        keeps(&Acl::new(vec![ace(544), ace(545)]));
        keeps(&Acl::new(vec![]));
    }
}
