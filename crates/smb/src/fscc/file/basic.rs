use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FileAttributes, FileInformation, FileInformationClass, FileTime};
use crate::msg::EncodeError;

/// Times and attributes; [`crate::fscc::FileTime`] explains the special values for setting a time ([MS-FSCC] 2.4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileBasicInformation {
    /// The creation time.
    pub creation_time: FileTime,
    /// The time of the last access.
    pub last_access_time: FileTime,
    /// The time of the last write to its data.
    pub last_write_time: FileTime,
    /// The time of the last change of any kind.
    pub change_time: FileTime,
    /// Its attributes.
    pub file_attributes: FileAttributes,
}

impl FileInformation for FileBasicInformation {
    const CLASS: FileInformationClass = FileInformationClass::BASIC;
}

impl Structure for FileBasicInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.i64(self.creation_time.0);
        writer.i64(self.last_access_time.0);
        writer.i64(self.last_write_time.0);
        writer.i64(self.change_time.0);
        writer.u32(self.file_attributes.bits());
        writer.zeros(4);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileBasicInformation";
        let creation_time = FileTime(reader.i64(WHAT)?);
        let last_access_time = FileTime(reader.i64(WHAT)?);
        let last_write_time = FileTime(reader.i64(WHAT)?);
        let change_time = FileTime(reader.i64(WHAT)?);
        let file_attributes = FileAttributes::from_bits_retain(reader.u32(WHAT)?);
        reader.skip(4, WHAT)?;
        Ok(Self { creation_time, last_access_time, last_write_time, change_time, file_attributes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would give a copied file other times than its source has.
    #[test]
    fn survives() {
        keeps(&FileBasicInformation {
            creation_time: FileTime(1),
            last_access_time: FileTime(2),
            last_write_time: FileTime(3),
            change_time: FileTime(4),
            file_attributes: FileAttributes::from_bits_retain(5),
        });
    }
}
