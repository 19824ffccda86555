use netsession_wire::{DecodeError, Guid, Reader, Writer};

use crate::Structure;
use crate::fscc::{FsInformation, FsInformationClass};
use crate::msg::EncodeError;

/// The id of a volume ([MS-FSCC] 2.5.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFsObjectIdInformation {
    /// The identifier.
    pub object_id: Guid,
    /// More of it.
    pub extended_info: [u8; 48],
}

impl FsInformation for FileFsObjectIdInformation {
    const CLASS: FsInformationClass = FsInformationClass::OBJECT_ID;
}

impl Structure for FileFsObjectIdInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        self.object_id.encode(writer);
        writer.bytes(&self.extended_info);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileFsObjectIdInformation";
        Ok(Self { object_id: Guid::decode(reader)?, extended_info: reader.array(WHAT)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make clients take one volume for another.
    #[test]
    fn survives() {
        keeps(&FileFsObjectIdInformation { object_id: Guid([1; 16]), extended_info: [2; 48] });
    }
}
