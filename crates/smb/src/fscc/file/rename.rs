use netsession_wire::{DecodeError, Reader, Writer, utf16};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;
use crate::msg::field::{len32, size};

/// A new name ([MS-FSCC] 2.4.42.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRenameInformation {
    /// Whether the new name may replace a file.
    pub replace_if_exists: bool,
    /// The path within the share.
    pub file_name: String,
}

bitflags::bitflags! {
    /// How to rename ([MS-FSCC] 2.4.43).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct RenameFlags: u32 {
        /// The new name may replace a file.
        const REPLACE_IF_EXISTS = 0x001;
        /// The replaced file may be open.
        const POSIX_SEMANTICS = 0x002;
        /// The file keeps whether it is pinned, whatever the new directory says.
        const SUPPRESS_PIN_STATE_INHERITANCE = 0x004;
        /// The file keeps its storage reserve, whatever the new directory says.
        const SUPPRESS_STORAGE_RESERVE_INHERITANCE = 0x008;
        /// Free space does not grow.
        const NO_INCREASE_AVAILABLE_SPACE = 0x010;
        /// Free space does not shrink.
        const NO_DECREASE_AVAILABLE_SPACE = 0x020;
        /// The new name may replace a read-only file.
        const IGNORE_READONLY_ATTRIBUTE = 0x040;
        /// The server resizes the target's storage reserve.
        const FORCE_RESIZE_TARGET_SR = 0x080;
        /// The server resizes the source's storage reserve.
        const FORCE_RESIZE_SOURCE_SR = 0x100;
    }
}

/// A new name, with more to say about how ([MS-FSCC] 2.4.43).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRenameInformationEx {
    /// How.
    pub flags: RenameFlags,
    /// The path within the share.
    pub file_name: String,
}

/// Writes the fields after the flags, whose position is `start`.
pub(super) fn encode_target(file_name: &str, start: usize, writer: &mut Writer) -> Result<(), EncodeError> {
    let name = utf16::encode(file_name);
    writer.u64(0);
    writer.u32(len32(name.len(), "file name")?);
    writer.bytes(&name);
    // The structure has at least 24 bytes.
    writer.zeros(start.saturating_add(24).saturating_sub(writer.position()));
    Ok(())
}

/// Reads the fields after the flags.
///
/// RootDirectory must be zero: otherwise the name is relative to another directory.
pub(super) fn decode_target(reader: &mut Reader<'_>, what: &'static str) -> Result<String, DecodeError> {
    if reader.u64(what)? != 0 {
        return Err(DecodeError::invalid("RootDirectory"));
    }
    let length = size(reader.u32(what)?);
    utf16::decode(reader.bytes(length, what)?, what)
}

impl FileInformation for FileRenameInformation {
    const CLASS: FileInformationClass = FileInformationClass::RENAME;
}

impl Structure for FileRenameInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let start = writer.position();
        writer.u64(u64::from(self.replace_if_exists));
        encode_target(&self.file_name, start, writer)
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileRenameInformation";
        let replace_if_exists = reader.u8(WHAT)? != 0;
        reader.skip(7, WHAT)?;
        Ok(Self { replace_if_exists, file_name: decode_target(reader, WHAT)? })
    }
}

impl FileInformation for FileRenameInformationEx {
    const CLASS: FileInformationClass = FileInformationClass::RENAME_EX;
}

impl Structure for FileRenameInformationEx {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let start = writer.position();
        writer.u32(self.flags.bits());
        writer.u32(0);
        encode_target(&self.file_name, start, writer)
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileRenameInformationEx";
        let flags = RenameFlags::from_bits_retain(reader.u32(WHAT)?);
        reader.skip(4, WHAT)?;
        Ok(Self { flags, file_name: decode_target(reader, WHAT)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would give files wrong names, or replace other files.
    #[test]
    fn both_survive() {
        for name in ["a", r"dir\new name"] {
            let file_name = String::from(name);
            keeps(&FileRenameInformation { replace_if_exists: true, file_name: file_name.clone() });
            keeps(&FileRenameInformationEx { flags: RenameFlags::POSIX_SEMANTICS, file_name });
        }
    }

    /// A failure here would make servers refuse a short name, or take a name relative to another open for one within
    /// the share.
    #[test]
    fn at_least_24_bytes_and_no_root_directory() {
        let rename = FileRenameInformation { replace_if_exists: false, file_name: "a".into() };
        let mut bytes = rename.to_bytes().unwrap();
        assert_eq!(bytes.len(), 24);
        bytes[8] = 1;
        assert!(FileRenameInformation::from_bytes(&bytes).is_err());
    }
}
