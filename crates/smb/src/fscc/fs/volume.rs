use netsession_wire::{DecodeError, Reader, Writer, utf16};

use crate::Structure;
use crate::fscc::{FileTime, FsInformation, FsInformationClass};
use crate::msg::EncodeError;
use crate::msg::field::{len32, size};

/// The name of a volume ([MS-FSCC] 2.5.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFsVolumeInformation {
    /// The creation time.
    pub volume_creation_time: FileTime,
    /// The serial number, which is not always unique.
    pub volume_serial_number: u32,
    /// Whether it has object identifiers.
    pub supports_objects: bool,
    /// Its name; some servers send a terminator with it.
    pub volume_label: String,
}

impl FsInformation for FileFsVolumeInformation {
    const CLASS: FsInformationClass = FsInformationClass::VOLUME;
}

impl Structure for FileFsVolumeInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let label = utf16::encode(&self.volume_label);
        writer.i64(self.volume_creation_time.0);
        writer.u32(self.volume_serial_number);
        writer.u32(len32(label.len(), "volume label")?);
        writer.u8(u8::from(self.supports_objects));
        writer.u8(0);
        writer.bytes(&label);
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileFsVolumeInformation";
        let volume_creation_time = FileTime(reader.i64(WHAT)?);
        let volume_serial_number = reader.u32(WHAT)?;
        let length = size(reader.u32(WHAT)?);
        let supports_objects = reader.u8(WHAT)? != 0;
        reader.skip(1, WHAT)?;
        let volume_label = utf16::decode(reader.bytes(length, WHAT)?, WHAT)?;
        Ok(Self { volume_creation_time, volume_serial_number, supports_objects, volume_label })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would show a share with a wrong name or serial number.
    #[test]
    fn survives() {
        keeps(&FileFsVolumeInformation {
            volume_creation_time: FileTime(1),
            volume_serial_number: 2,
            supports_objects: true,
            volume_label: "data".into(),
        });
    }
}
