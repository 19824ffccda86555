use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FileAttributes, FileInformation, FileInformationClass, FileTime};
use crate::msg::EncodeError;

/// The information that a client mostly needs on opening ([MS-FSCC] 2.4.34).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileNetworkOpenInformation {
    /// The creation time.
    pub creation_time: FileTime,
    /// The time of the last access.
    pub last_access_time: FileTime,
    /// The time of the last write to its data.
    pub last_write_time: FileTime,
    /// The time of the last change of any kind.
    pub change_time: FileTime,
    /// The bytes that it takes on the disk.
    pub allocation_size: u64,
    /// The length in bytes.
    pub end_of_file: u64,
    /// Its attributes.
    pub file_attributes: FileAttributes,
}

impl FileInformation for FileNetworkOpenInformation {
    const CLASS: FileInformationClass = FileInformationClass::NETWORK_OPEN;
}

impl Structure for FileNetworkOpenInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.i64(self.creation_time.0);
        writer.i64(self.last_access_time.0);
        writer.i64(self.last_write_time.0);
        writer.i64(self.change_time.0);
        writer.u64(self.allocation_size);
        writer.u64(self.end_of_file);
        writer.u32(self.file_attributes.bits());
        writer.zeros(4);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileNetworkOpenInformation";
        let creation_time = FileTime(reader.i64(WHAT)?);
        let last_access_time = FileTime(reader.i64(WHAT)?);
        let last_write_time = FileTime(reader.i64(WHAT)?);
        let change_time = FileTime(reader.i64(WHAT)?);
        let allocation_size = reader.u64(WHAT)?;
        let end_of_file = reader.u64(WHAT)?;
        let file_attributes = FileAttributes::from_bits_retain(reader.u32(WHAT)?);
        reader.skip(4, WHAT)?;
        Ok(Self {
            creation_time,
            last_access_time,
            last_write_time,
            change_time,
            allocation_size,
            end_of_file,
            file_attributes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make Windows show files with wrong sizes or times.
    #[test]
    fn survives() {
        keeps(&FileNetworkOpenInformation {
            creation_time: FileTime(1),
            last_access_time: FileTime(2),
            last_write_time: FileTime(3),
            change_time: FileTime(4),
            allocation_size: 5,
            end_of_file: 6,
            file_attributes: FileAttributes::from_bits_retain(7),
        });
    }
}
