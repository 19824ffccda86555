use netsession_wire::{DecodeError, Reader, Writer, open_enum};

use crate::Structure;
use crate::fscc::{FsInformation, FsInformationClass};
use crate::msg::EncodeError;

open_enum! {
    /// The device of a volume ([MS-FSCC] 2.5.10).
    pub struct DeviceType(u32) {
        CD_ROM = 2,
        DISK = 7,
    }
}

bitflags::bitflags! {
    /// More about a device ([MS-FSCC] 2.5.10).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct DeviceCharacteristics: u32 {
        /// Removable media.
        const REMOVABLE_MEDIA = 1;
        /// Read-only.
        const READ_ONLY_DEVICE = 2;
        /// A floppy disk.
        const FLOPPY_DISKETTE = 4;
        /// Written once.
        const WRITE_ONCE_MEDIA = 8;
        /// On another computer.
        const REMOTE_DEVICE = 16;
        /// Mounted.
        const DEVICE_IS_MOUNTED = 32;
        /// Not on media of its own.
        const VIRTUAL_VOLUME = 64;
        /// Opens are checked against the volume, too.
        const DEVICE_SECURE_OPEN = 0x100;
        /// Of a terminal client.
        const TS_DEVICE = 0x1000;
        /// WebDAV.
        const WEBDAV_DEVICE = 0x2000;
        /// On a portable bus.
        const PORTABLE_DEVICE = 0x4000;
        /// Contained programs may traverse it.
        const ALLOW_APPCONTAINER_TRAVERSAL = 0x2_0000;
    }
}

/// The device of a volume ([MS-FSCC] 2.5.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFsDeviceInformation {
    /// What.
    pub device_type: DeviceType,
    /// More about it.
    pub characteristics: DeviceCharacteristics,
}

impl FsInformation for FileFsDeviceInformation {
    const CLASS: FsInformationClass = FsInformationClass::DEVICE;
}

impl Structure for FileFsDeviceInformation {
    fn encode(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        writer.u32(self.device_type.0);
        writer.u32(self.characteristics.bits());
        Ok(())
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const WHAT: &str = "FileFsDeviceInformation";
        Ok(Self {
            device_type: DeviceType(reader.u32(WHAT)?),
            characteristics: DeviceCharacteristics::from_bits_retain(reader.u32(WHAT)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::testing::keeps;

    /// A failure here would make clients take a share for another kind of device.
    #[test]
    fn survives() {
        keeps(&FileFsDeviceInformation {
            device_type: DeviceType(1),
            characteristics: DeviceCharacteristics::from_bits_retain(2),
        });
    }
}
