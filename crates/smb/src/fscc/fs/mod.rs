//! Information about file systems ([MS-FSCC] 2.5): one class, one file.

mod attribute;
mod control;
mod device;
mod full_size;
mod object_id;
mod sector_size;
mod size;
mod volume;

pub use attribute::{FileFsAttributeInformation, FileSystemAttributes};
pub use control::{FileFsControlInformation, FileSystemControlFlags};
pub use device::{DeviceCharacteristics, DeviceType, FileFsDeviceInformation};
pub use full_size::FileFsFullSizeInformation;
pub use object_id::FileFsObjectIdInformation;
pub use sector_size::{FileFsSectorSizeInformation, SectorSizeFlags};
pub use size::FileFsSizeInformation;
pub use volume::FileFsVolumeInformation;
