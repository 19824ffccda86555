use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FsInformation, FsInformationClass};
use crate::msg::EncodeError;

bitflags::bitflags! {
    /// More about the sectors of a disk ([MS-FSCC] 2.5.7).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct SectorSizeFlags: u32 {
        /// Logical and physical sectors start together.
        const ALIGNED_DEVICE = 1;
        /// The partition starts with a physical sector.
        const PARTITION_ALIGNED_ON_DEVICE = 2;
        /// Not a spinning disk.
        const NO_SEEK_PENALTY = 4;
        /// TRIM.
        const TRIM_ENABLED = 8;
    }
}

/// Sectors of the disk below ([MS-FSCC] 2.5.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFsSectorSizeInformation {
    /// Bytes of a logical sector.
    pub logical_bytes_per_sector: u32,
    /// The bytes that the disk writes atomically.
    pub physical_bytes_per_sector_for_atomicity: u32,
    /// The bytes that the disk writes fastest.
    pub physical_bytes_per_sector_for_performance: u32,
    /// The bytes that the file system assumes the disk writes atomically.
    pub effective_physical_bytes_per_sector_for_atomicity: u32,
    /// More about the disk.
    pub flags: SectorSizeFlags,
    /// The offset of the first logical sector within a physical one; all ones if unknown.
    pub byte_offset_for_sector_alignment: u32,
    /// The offset of the partition within a physical sector; all ones if unknown.
    pub byte_offset_for_partition_alignment: u32,
}

impl FsInformation for FileFsSectorSizeInformation {
    const CLASS: FsInformationClass = FsInformationClass::SECTOR_SIZE;
}

impl Structure for FileFsSectorSizeInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.logical_bytes_per_sector);
        writer.u32(self.physical_bytes_per_sector_for_atomicity);
        writer.u32(self.physical_bytes_per_sector_for_performance);
        writer.u32(self.effective_physical_bytes_per_sector_for_atomicity);
        writer.u32(self.flags.bits());
        writer.u32(self.byte_offset_for_sector_alignment);
        writer.u32(self.byte_offset_for_partition_alignment);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileFsSectorSizeInformation";
        Ok(Self {
            logical_bytes_per_sector: reader.u32(WHAT)?,
            physical_bytes_per_sector_for_atomicity: reader.u32(WHAT)?,
            physical_bytes_per_sector_for_performance: reader.u32(WHAT)?,
            effective_physical_bytes_per_sector_for_atomicity: reader.u32(WHAT)?,
            flags: SectorSizeFlags::from_bits_retain(reader.u32(WHAT)?),
            byte_offset_for_sector_alignment: reader.u32(WHAT)?,
            byte_offset_for_partition_alignment: reader.u32(WHAT)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make databases write in units that the disk does not write atomically.
    #[test]
    fn survives() {
        keeps(&FileFsSectorSizeInformation {
            logical_bytes_per_sector: 1,
            physical_bytes_per_sector_for_atomicity: 2,
            physical_bytes_per_sector_for_performance: 3,
            effective_physical_bytes_per_sector_for_atomicity: 4,
            flags: SectorSizeFlags::from_bits_retain(5),
            byte_offset_for_sector_alignment: 6,
            byte_offset_for_partition_alignment: 7,
        });
    }
}
