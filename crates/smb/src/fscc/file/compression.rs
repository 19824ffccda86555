use netsession_wire::{DecodeError, Reader, Writer, open_enum};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;

open_enum! {
    /// How a file is compressed ([MS-FSCC] 2.4.9).
    pub struct CompressionFormat(u16) {
        NONE = 0,
        LZNT1 = 2,
    }
}

/// How a file is compressed ([MS-FSCC] 2.4.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileCompressionInformation {
    /// The bytes that it takes in its compressed form.
    pub compressed_file_size: u64,
    /// How.
    pub compression_format: CompressionFormat,
    /// A unit is two to the power of this, in bytes.
    pub compression_unit_shift: u8,
    /// A chunk is two to the power of this, in bytes.
    pub chunk_shift: u8,
    /// A cluster is two to the power of this, in bytes.
    pub cluster_shift: u8,
}

impl FileInformation for FileCompressionInformation {
    const CLASS: FileInformationClass = FileInformationClass::COMPRESSION;
}

impl Structure for FileCompressionInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u64(self.compressed_file_size);
        writer.u16(self.compression_format.0);
        writer.u8(self.compression_unit_shift);
        writer.u8(self.chunk_shift);
        writer.u8(self.cluster_shift);
        writer.zeros(3);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileCompressionInformation";
        let compressed_file_size = reader.u64(WHAT)?;
        let compression_format = CompressionFormat(reader.u16(WHAT)?);
        let compression_unit_shift = reader.u8(WHAT)?;
        let chunk_shift = reader.u8(WHAT)?;
        let cluster_shift = reader.u8(WHAT)?;
        reader.skip(3, WHAT)?;
        Ok(Self {
            compressed_file_size,
            compression_format,
            compression_unit_shift,
            chunk_shift,
            cluster_shift,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would show wrong sizes on the disk.
    #[test]
    fn survives() {
        keeps(&FileCompressionInformation {
            compressed_file_size: 1,
            compression_format: CompressionFormat(2),
            compression_unit_shift: 3,
            chunk_shift: 4,
            cluster_shift: 5,
        });
    }
}
