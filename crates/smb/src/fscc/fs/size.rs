use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FsInformation, FsInformationClass};
use crate::msg::EncodeError;

/// Size and free space for the user ([MS-FSCC] 2.5.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFsSizeInformation {
    /// The units that the user may take.
    pub total_allocation_units: u64,
    /// The units that are free for the user.
    pub available_allocation_units: u64,
    /// The sectors of a unit.
    pub sectors_per_allocation_unit: u32,
    /// The bytes of a sector.
    pub bytes_per_sector: u32,
}

impl FsInformation for FileFsSizeInformation {
    const CLASS: FsInformationClass = FsInformationClass::SIZE;
}

impl Structure for FileFsSizeInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u64(self.total_allocation_units);
        writer.u64(self.available_allocation_units);
        writer.u32(self.sectors_per_allocation_unit);
        writer.u32(self.bytes_per_sector);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileFsSizeInformation";
        Ok(Self {
            total_allocation_units: reader.u64(WHAT)?,
            available_allocation_units: reader.u64(WHAT)?,
            sectors_per_allocation_unit: reader.u32(WHAT)?,
            bytes_per_sector: reader.u32(WHAT)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make clients find no space for a file.
    #[test]
    fn survives() {
        keeps(&FileFsSizeInformation {
            total_allocation_units: 1,
            available_allocation_units: 2,
            sectors_per_allocation_unit: 3,
            bytes_per_sector: 4,
        });
    }
}
