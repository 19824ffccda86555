use netsession_wire::{DecodeError, Reader, Writer, utf16};

use crate::fscc::{Entries, Entry, FileInformation, FileInformationClass};
use crate::msg::EncodeError;
use crate::msg::field::{len32, size};

/// One stream of a file ([MS-FSCC] 2.4.49).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStreamInformation {
    /// The length in bytes.
    pub stream_size: u64,
    /// The bytes that it takes on the disk.
    pub stream_allocation_size: u64,
    /// The name: `:name:$DATA`, and `::$DATA` for the data of the file itself.
    pub stream_name: String,
}

impl FileInformation for Entries<FileStreamInformation> {
    const CLASS: FileInformationClass = FileInformationClass::STREAM;
}

impl Entry for FileStreamInformation {
    const ALIGNMENT: usize = 8;

    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let name = utf16::encode(&self.stream_name);
        writer.u32(len32(name.len(), "stream name")?);
        writer.u64(self.stream_size);
        writer.u64(self.stream_allocation_size);
        writer.bytes(&name);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileStreamInformation";
        let length = size(reader.u32(WHAT)?);
        Ok(Self {
            stream_size: reader.u64(WHAT)?,
            stream_allocation_size: reader.u64(WHAT)?,
            stream_name: utf16::decode(reader.bytes(length, WHAT)?, WHAT)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would lose streams in a copy.
    #[test]
    fn lists_survive() {
        let stream = |name: &str| FileStreamInformation {
            stream_size: 1,
            stream_allocation_size: 2,
            stream_name: name.into(),
        };
        keeps(&Entries(vec![stream("::$DATA"), stream(":Zone.Identifier:$DATA")]));
    }
}
