use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;

/// Sizes and links ([MS-FSCC] 2.4.47).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStandardInformation {
    /// The bytes that it takes on the disk.
    pub allocation_size: u64,
    /// The length in bytes.
    pub end_of_file: u64,
    /// The number of its names.
    pub number_of_links: u32,
    /// Whether the server deletes it with its last open.
    pub delete_pending: bool,
    /// Whether it is a directory.
    pub directory: bool,
}

impl FileInformation for FileStandardInformation {
    const CLASS: FileInformationClass = FileInformationClass::STANDARD;
}

impl Structure for FileStandardInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u64(self.allocation_size);
        writer.u64(self.end_of_file);
        writer.u32(self.number_of_links);
        writer.u8(u8::from(self.delete_pending));
        writer.u8(u8::from(self.directory));
        writer.zeros(2);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileStandardInformation";
        let allocation_size = reader.u64(WHAT)?;
        let end_of_file = reader.u64(WHAT)?;
        let number_of_links = reader.u32(WHAT)?;
        let delete_pending = reader.u8(WHAT)? != 0;
        let directory = reader.u8(WHAT)? != 0;
        reader.skip(2, WHAT)?;
        Ok(Self { allocation_size, end_of_file, number_of_links, delete_pending, directory })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would show files with wrong sizes, or as directories.
    #[test]
    fn survives() {
        keeps(&FileStandardInformation {
            allocation_size: 1,
            end_of_file: 2,
            number_of_links: 3,
            delete_pending: true,
            directory: true,
        });
    }
}
