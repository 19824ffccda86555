use netsession_wire::{DecodeError, Reader, Writer, open_enum, utf16};

use super::entries::{Entries, Entry};
use crate::msg::EncodeError;

open_enum! {
    /// The kind of a change ([MS-FSCC] 2.7.1).
    pub struct FileAction(u32) {
        ADDED = 1,
        REMOVED = 2,
        MODIFIED = 3,
        RENAMED_OLD_NAME = 4,
        RENAMED_NEW_NAME = 5,
        ADDED_STREAM = 6,
        REMOVED_STREAM = 7,
        MODIFIED_STREAM = 8,
        REMOVED_BY_DELETE = 9,
        ID_NOT_TUNNELLED = 10,
        TUNNELLED_ID_COLLISION = 11,
    }
}

/// One change in a watched directory ([MS-FSCC] 2.7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileNotifyInformation {
    /// What happened.
    pub action: FileAction,
    /// The path of the file, relative to the directory.
    pub file_name: String,
}

/// The answer to CHANGE_NOTIFY.
pub type FileNotifyList = Entries<FileNotifyInformation>;

impl Entry for FileNotifyInformation {
    const ALIGNMENT: usize = 4;

    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let name = utf16::encode(&self.file_name);
        writer.u32(self.action.0);
        writer.u32(crate::msg::field::len32(name.len(), "file name")?);
        writer.bytes(&name);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FILE_NOTIFY_INFORMATION";
        let action = FileAction(reader.u32(WHAT)?);
        let length = crate::msg::field::size(reader.u32(WHAT)?);
        Ok(Self { action, file_name: utf16::decode(reader.bytes(length, WHAT)?, WHAT)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would notify clients of changes to the wrong files.
    #[test]
    fn lists_survive() {
        let change = |action, name: &str| FileNotifyInformation { action, file_name: name.into() };
        let old = change(FileAction::RENAMED_OLD_NAME, "a");
        keeps(&Entries(vec![old, change(FileAction::RENAMED_NEW_NAME, r"dir\b")]));
    }
}
