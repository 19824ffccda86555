use netsession_wire::{DecodeError, Reader, Writer, utf16};

use crate::Structure;
use crate::fscc::{FsInformation, FsInformationClass};
use crate::msg::EncodeError;
use crate::msg::field::{len32, size};

bitflags::bitflags! {
    /// The features of a file system ([MS-FSCC] 2.5.1).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct FileSystemAttributes: u32 {
        /// Names that differ only in case are different.
        const CASE_SENSITIVE_SEARCH = 0x0000_0001;
        /// Names keep their case.
        const CASE_PRESERVED_NAMES = 0x0000_0002;
        /// Names are Unicode.
        const UNICODE_ON_DISK = 0x0000_0004;
        /// Access control lists.
        const PERSISTENT_ACLS = 0x0000_0008;
        /// Compressed files.
        const FILE_COMPRESSION = 0x0000_0010;
        /// Quotas.
        const VOLUME_QUOTAS = 0x0000_0020;
        /// Sparse files.
        const SUPPORTS_SPARSE_FILES = 0x0000_0040;
        /// Reparse points.
        const SUPPORTS_REPARSE_POINTS = 0x0000_0080;
        /// Remote storage.
        const SUPPORTS_REMOTE_STORAGE = 0x0000_0100;
        /// Returns more information when a client closes a file.
        const RETURNS_CLEANUP_RESULT_INFO = 0x0000_0200;
        /// Deletes and renames as POSIX does.
        const SUPPORTS_POSIX_UNLINK_RENAME = 0x0000_0400;
        /// The whole volume is compressed.
        const VOLUME_IS_COMPRESSED = 0x0000_8000;
        /// Object identifiers.
        const SUPPORTS_OBJECT_IDS = 0x0001_0000;
        /// Encrypted files.
        const SUPPORTS_ENCRYPTION = 0x0002_0000;
        /// Named streams.
        const NAMED_STREAMS = 0x0004_0000;
        /// Read-only.
        const READ_ONLY_VOLUME = 0x0008_0000;
        /// Written once.
        const SEQUENTIAL_WRITE_ONCE = 0x0010_0000;
        /// Transactions.
        const SUPPORTS_TRANSACTIONS = 0x0020_0000;
        /// Hard links.
        const SUPPORTS_HARD_LINKS = 0x0040_0000;
        /// Extended attributes.
        const SUPPORTS_EXTENDED_ATTRIBUTES = 0x0080_0000;
        /// Opening by file id.
        const SUPPORTS_OPEN_BY_FILE_ID = 0x0100_0000;
        /// A change journal.
        const SUPPORTS_USN_JOURNAL = 0x0200_0000;
        /// Integrity streams.
        const SUPPORTS_INTEGRITY_STREAMS = 0x0400_0000;
        /// Shared clusters.
        const SUPPORTS_BLOCK_REFCOUNTING = 0x0800_0000;
        /// Knows which clusters programs have written.
        const SUPPORTS_SPARSE_VDL = 0x1000_0000;
    }
}

/// The name and the features of a file system ([MS-FSCC] 2.5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFsAttributeInformation {
    /// Its features.
    pub file_system_attributes: FileSystemAttributes,
    /// The most characters of a component of a path.
    pub maximum_component_name_length: u32,
    /// Its name, such as `NTFS`.
    pub file_system_name: String,
}

impl FsInformation for FileFsAttributeInformation {
    const CLASS: FsInformationClass = FsInformationClass::ATTRIBUTE;
}

impl Structure for FileFsAttributeInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let name = utf16::encode(&self.file_system_name);
        writer.u32(self.file_system_attributes.bits());
        writer.u32(self.maximum_component_name_length);
        writer.u32(len32(name.len(), "file system name")?);
        writer.bytes(&name);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileFsAttributeInformation";
        let file_system_attributes = FileSystemAttributes::from_bits_retain(reader.u32(WHAT)?);
        let maximum_component_name_length = reader.u32(WHAT)?;
        let length = size(reader.u32(WHAT)?);
        let file_system_name = utf16::decode(reader.bytes(length, WHAT)?, WHAT)?;
        Ok(Self { file_system_attributes, maximum_component_name_length, file_system_name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make clients ask a file system for features that it lacks.
    #[test]
    fn survives() {
        keeps(&FileFsAttributeInformation {
            file_system_attributes: FileSystemAttributes::UNICODE_ON_DISK,
            maximum_component_name_length: 255,
            file_system_name: "NTFS".into(),
        });
    }
}
