use netsession_wire::{DecodeError, Reader, Writer};

use crate::Structure;
use crate::fscc::{FileAttributes, FileInformation, FileInformationClass};
use crate::msg::EncodeError;

/// Attributes, and the kind of link ([MS-FSCC] 2.4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileAttributeTagInformation {
    /// Its attributes.
    pub file_attributes: FileAttributes,
    /// The kind of a reparse point; 0 for other files.
    pub reparse_tag: u32,
}

impl FileInformation for FileAttributeTagInformation {
    const CLASS: FileInformationClass = FileInformationClass::ATTRIBUTE_TAG;
}

impl Structure for FileAttributeTagInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.file_attributes.bits());
        writer.u32(self.reparse_tag);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileAttributeTagInformation";
        Ok(Self {
            file_attributes: FileAttributes::from_bits_retain(reader.u32(WHAT)?),
            reparse_tag: reader.u32(WHAT)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make clients take links for files.
    #[test]
    fn survives() {
        keeps(&FileAttributeTagInformation {
            file_attributes: FileAttributes::from_bits_retain(1),
            reparse_tag: 2,
        });
    }
}
