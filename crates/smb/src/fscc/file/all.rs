use netsession_wire::{DecodeError, Reader, Writer};

use super::{
    FileAccessInformation, FileAlignmentInformation, FileBasicInformation, FileEaInformation,
    FileInternalInformation, FileModeInformation, FileNameInformation, FilePositionInformation,
    FileStandardInformation,
};
use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;

/// All information about a file in one answer ([MS-FSCC] 2.4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileAllInformation {
    /// Times and attributes.
    pub basic: FileBasicInformation,
    /// Sizes and links.
    pub standard: FileStandardInformation,
    /// The id of the file.
    pub internal: FileInternalInformation,
    /// Size of its extended attributes.
    pub ea: FileEaInformation,
    /// The access that the open has.
    pub access: FileAccessInformation,
    /// The current position of the open.
    pub position: FilePositionInformation,
    /// How the open is used.
    pub mode: FileModeInformation,
    /// The alignment that buffers must have.
    pub alignment: FileAlignmentInformation,
    /// Its path.
    pub name: FileNameInformation,
}

impl FileInformation for FileAllInformation {
    const CLASS: FileInformationClass = FileInformationClass::ALL;
}

impl Structure for FileAllInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        self.basic.encode(writer)?;
        self.standard.encode(writer)?;
        self.internal.encode(writer)?;
        self.ea.encode(writer)?;
        self.access.encode(writer)?;
        self.position.encode(writer)?;
        self.mode.encode(writer)?;
        self.alignment.encode(writer)?;
        self.name.encode(writer)
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            basic: Structure::decode(reader)?,
            standard: Structure::decode(reader)?,
            internal: Structure::decode(reader)?,
            ea: Structure::decode(reader)?,
            access: Structure::decode(reader)?,
            position: Structure::decode(reader)?,
            mode: Structure::decode(reader)?,
            alignment: Structure::decode(reader)?,
            name: Structure::decode(reader)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fscc::{AccessMask, FileAttributes, FileTime};
    use crate::msg::CreateOptions;
    use crate::msg::testing::keeps;

    /// A failure here would make smbclient's `allinfo` show values that are true of no file.
    #[test]
    fn survives() {
        keeps(&FileAllInformation {
            basic: FileBasicInformation {
                creation_time: FileTime(1),
                last_access_time: FileTime(2),
                last_write_time: FileTime(3),
                change_time: FileTime(4),
                file_attributes: FileAttributes::ARCHIVE,
            },
            standard: FileStandardInformation {
                allocation_size: 5,
                end_of_file: 6,
                number_of_links: 7,
                delete_pending: true,
                directory: false,
            },
            internal: FileInternalInformation { index_number: 8 },
            ea: FileEaInformation { ea_size: 9 },
            access: FileAccessInformation { access_flags: AccessMask::DELETE },
            position: FilePositionInformation { current_byte_offset: 10 },
            mode: FileModeInformation { mode: CreateOptions::WRITE_THROUGH },
            alignment: FileAlignmentInformation { alignment_requirement: 7 },
            name: FileNameInformation { file_name: r"\dir\a.txt".into() },
        });
    }
}
