use netsession_wire::{DecodeError, Reader, Writer};

use super::rename::{decode_target, encode_target};
use crate::Structure;
use crate::fscc::{FileInformation, FileInformationClass};
use crate::msg::EncodeError;

/// A further name ([MS-FSCC] 2.4.28.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLinkInformation {
    /// Whether the new name may replace a file.
    pub replace_if_exists: bool,
    /// The path within the share.
    pub file_name: String,
}

impl FileInformation for FileLinkInformation {
    const CLASS: FileInformationClass = FileInformationClass::LINK;
}

impl Structure for FileLinkInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let start = writer.position();
        writer.u64(u64::from(self.replace_if_exists));
        encode_target(&self.file_name, start, writer)
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileLinkInformation";
        let replace_if_exists = reader.u8(WHAT)? != 0;
        reader.skip(7, WHAT)?;
        Ok(Self { replace_if_exists, file_name: decode_target(reader, WHAT)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would give a link a wrong name, or replace another file.
    #[test]
    fn survives() {
        keeps(&FileLinkInformation { replace_if_exists: true, file_name: r"dir\link".into() });
    }
}
