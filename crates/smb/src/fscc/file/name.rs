use netsession_wire::{DecodeError, Reader, Writer, utf16};

use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;
use crate::msg::field::{len32, size};

/// A name ([MS-FSCC] 2.1.7). [`FileInformationClass::ALTERNATE_NAME`],
/// [`FileInformationClass::NORMALIZED_NAME`] and [`FileInformationClass::SHORT_NAME`] have the same form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileNameInformation {
    /// The name. Its meaning depends on the class: mostly the path within the share.
    pub file_name: String,
}

impl FileInformation for FileNameInformation {
    const CLASS: FileInformationClass = FileInformationClass::NAME;
}

impl Structure for FileNameInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let name = utf16::encode(&self.file_name);
        writer.u32(len32(name.len(), "file name")?);
        writer.bytes(&name);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileNameInformation";
        let length = size(reader.u32(WHAT)?);
        Ok(Self { file_name: utf16::decode(reader.bytes(length, WHAT)?, WHAT)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would show a file under another name.
    #[test]
    fn survives() {
        keeps(&FileNameInformation { file_name: r"\dir\Zoë".into() });
    }
}
