use netsession_wire::{DecodeError, Reader, Writer, utf16};

use crate::Structure;
use crate::msg::EncodeError;
use crate::msg::field::{len32, size};

/// The answer to SRV_ENUMERATE_SNAPSHOTS ([MS-SMB2] 2.2.32.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotArray {
    /// The number of earlier versions.
    pub number_of_snapshots: u32,
    /// The bytes that all of their names need, if they did not fit; otherwise writing uses the size of the names.
    pub array_size: u32,
    /// Their names, `@GMT-...`; empty if they did not fit.
    pub snapshots: Vec<String>,
}

impl Structure for SnapshotArray {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.number_of_snapshots);
        writer.u32(len32(self.snapshots.len(), "snapshots")?);
        let size_at = writer.position();
        writer.u32(self.array_size);
        let names_at = writer.position();
        for snapshot in &self.snapshots {
            writer.bytes(&utf16::encode(snapshot));
            writer.u16(0);
        }
        // The end of the list. Windows sends it even if there are no names ([MS-SMB2] note 68).
        writer.u16(0);
        if !self.snapshots.is_empty() {
            writer.fill_u32(size_at, len32(writer.position().saturating_sub(names_at), "snapshots")?);
        }
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "SRV_SNAPSHOT_ARRAY";
        let number_of_snapshots = reader.u32(WHAT)?;
        let returned = size(reader.u32(WHAT)?);
        let array_size = reader.u32(WHAT)?;
        let text = match returned {
            0 => String::new(),
            _ => utf16::decode(reader.bytes(size(array_size), WHAT)?, WHAT)?,
        };
        let snapshots: Vec<_> =
            text.split('\0').take_while(|name| !name.is_empty()).map(String::from).collect();
        match snapshots.len() == returned {
            true => Ok(Self { number_of_snapshots, array_size, snapshots }),
            false => Err(DecodeError::invalid(WHAT)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would show clients no earlier versions, or wrong ones.
    #[test]
    fn lists_survive() {
        let name = "@GMT-2026.11.23-05.00.00";
        keeps(&SnapshotArray {
            number_of_snapshots: 2,
            array_size: 102,
            snapshots: vec![name.into(), name.into()],
        });
        keeps(&SnapshotArray { number_of_snapshots: 2, array_size: 102, snapshots: vec![] });
    }
}
