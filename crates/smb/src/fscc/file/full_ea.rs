use netsession_wire::{DecodeError, Reader, Writer};

use crate::fscc::{Entries, Entry, FileInformation, FileInformationClass};
use crate::msg::EncodeError;
use crate::msg::create_context::CreateContextData;
use crate::msg::field::{len8, len16};

/// One extended attribute ([MS-FSCC] 2.4.16).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFullEaInformation {
    /// FILE_NEED_EA: a program that does not understand the attribute cannot understand the file.
    pub need_ea: bool,
    /// ASCII, compared without regard to case.
    pub name: Vec<u8>,
    /// The value. Setting an empty value removes the attribute.
    pub value: Vec<u8>,
}

/// The name of a requested extended attribute ([MS-FSCC] 2.4.16.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileGetEaInformation {
    /// ASCII.
    pub name: Vec<u8>,
}

const FILE_NEED_EA: u8 = 0x80;

impl FileInformation for Entries<FileFullEaInformation> {
    const CLASS: FileInformationClass = FileInformationClass::FULL_EA;
}

/// SMB2_CREATE_EA_BUFFER: attributes of the new file ([MS-SMB2] 2.2.13.2.1).
impl CreateContextData for Entries<FileFullEaInformation> {
    const NAME: &'static [u8] = b"ExtA";
}

impl Entry for FileFullEaInformation {
    const ALIGNMENT: usize = 4;

    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u8(if self.need_ea { FILE_NEED_EA } else { 0 });
        writer.u8(len8(self.name.len(), "name of an extended attribute")?);
        writer.u16(len16(self.value.len(), "extended attribute")?);
        writer.bytes(&self.name);
        writer.u8(0);
        writer.bytes(&self.value);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileFullEaInformation";
        let need_ea = reader.u8(WHAT)? & FILE_NEED_EA != 0;
        let name_length = usize::from(reader.u8(WHAT)?);
        let value_length = usize::from(reader.u16(WHAT)?);
        let name = reader.bytes(name_length, WHAT)?.to_vec();
        reader.skip(1, WHAT)?;
        Ok(Self { need_ea, name, value: reader.bytes(value_length, WHAT)?.to_vec() })
    }
}

impl Entry for FileGetEaInformation {
    const ALIGNMENT: usize = 4;

    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u8(len8(self.name.len(), "name of an extended attribute")?);
        writer.bytes(&self.name);
        writer.u8(0);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FILE_GET_EA_INFORMATION";
        let length = usize::from(reader.u8(WHAT)?);
        let name = reader.bytes(length, WHAT)?.to_vec();
        reader.skip(1, WHAT)?;
        Ok(Self { name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would lose extended attributes in a copy, or mix them up.
    #[test]
    fn lists_survive() {
        let one = FileFullEaInformation { need_ea: true, name: b"ONE".to_vec(), value: vec![1, 2] };
        let two = FileFullEaInformation { need_ea: false, name: b"TWO".to_vec(), value: vec![] };
        keeps(&Entries(vec![one, two]));
        let names = [b"ONE", b"TWO"].map(|name| FileGetEaInformation { name: name.to_vec() });
        keeps(&Entries(names.to_vec()));
    }
}
