//! QUERY_INFO of the disk that a share is on ([MS-FSA] 2.1.5.13).

use netsession_smb::fscc::{
    DeviceCharacteristics, DeviceType, FileFsAttributeInformation, FileFsControlInformation,
    FileFsDeviceInformation, FileFsFullSizeInformation, FileFsObjectIdInformation,
    FileFsSectorSizeInformation, FileFsSizeInformation, FileFsVolumeInformation, FileSystemAttributes,
    FileSystemControlFlags, FsInformationClass, SectorSizeFlags,
};
use netsession_wire::{Guid, NtStatus};

use super::Information;
use crate::fs::{self, Disk, Volume};
use crate::state::{Object, Open};

/// The bytes of a sector, the unit of all sizes.
const SECTOR: u32 = 512;

pub(super) fn query(open: &Open, class: FsInformationClass) -> Result<Information, NtStatus> {
    let Object::File(file) = &open.object else { return pipes(class) };
    let disk = file.disk();
    let volume = disk.volume()?;
    match class {
        FsInformationClass::ATTRIBUTE => Information::with_text(&attributes(disk, &volume), 12),
        FsInformationClass::CONTROL => Information::whole(&CONTROL),
        FsInformationClass::DEVICE => Information::whole(&device(disk)),
        FsInformationClass::FULL_SIZE => Information::whole(&FileFsFullSizeInformation {
            total_allocation_units: volume.total,
            caller_available_allocation_units: volume.available,
            actual_available_allocation_units: volume.free,
            // Some programs take a unit for a sector (rclone does); programs that need sectors ask for the other classes.
            sectors_per_allocation_unit: 1,
            bytes_per_sector: volume.unit,
        }),
        FsInformationClass::OBJECT_ID => Information::whole(&object_id(&volume)),
        FsInformationClass::SECTOR_SIZE => Information::whole(&sectors(&volume)),
        FsInformationClass::SIZE => Information::whole(&FileFsSizeInformation {
            total_allocation_units: volume.total,
            available_allocation_units: volume.available,
            sectors_per_allocation_unit: volume.unit / SECTOR,
            bytes_per_sector: SECTOR,
        }),
        FsInformationClass::VOLUME => Information::with_text(&label(open, file, &volume)?, 24),
        known if known.name().is_some() => Err(NtStatus::NOT_SUPPORTED),
        _ => Err(NtStatus::INVALID_INFO_CLASS),
    }
}

/// Pipes are not on a disk.
fn pipes(class: FsInformationClass) -> Result<Information, NtStatus> {
    match class.name() {
        Some(_) => Err(NtStatus::NOT_SUPPORTED),
        None => Err(NtStatus::INVALID_INFO_CLASS),
    }
}

/// The server supports neither quotas nor an index.
const CONTROL: FileFsControlInformation = FileFsControlInformation {
    free_space_start_filtering: 0,
    free_space_threshold: 0,
    free_space_stop_filtering: 0,
    default_quota_threshold: u64::MAX,
    default_quota_limit: u64::MAX,
    file_system_control_flags: FileSystemControlFlags::empty(),
};

fn attributes(disk: &Disk, volume: &Volume) -> FileFsAttributeInformation {
    // NTFS has both bits, too, and compares names without regard to case.
    let mut file_system_attributes = FileSystemAttributes::CASE_SENSITIVE_SEARCH
        | FileSystemAttributes::CASE_PRESERVED_NAMES
        | FileSystemAttributes::UNICODE_ON_DISK
        | FileSystemAttributes::SUPPORTS_SPARSE_FILES
        | FileSystemAttributes::SUPPORTS_HARD_LINKS
        | FileSystemAttributes::SUPPORTS_EXTENDED_ATTRIBUTES;
    file_system_attributes.set(FileSystemAttributes::NAMED_STREAMS, disk.has_streams());
    file_system_attributes.set(FileSystemAttributes::SUPPORTS_BLOCK_REFCOUNTING, disk.shares_data());
    file_system_attributes.set(FileSystemAttributes::READ_ONLY_VOLUME, disk.is_read_only());
    FileFsAttributeInformation {
        file_system_attributes,
        maximum_component_name_length: volume.name_limit,
        // Windows programs expect this name, whatever the file system is.
        file_system_name: "NTFS".to_owned(),
    }
}

/// Returns the identifier of the file system, twice; there is no more of it.
fn object_id(volume: &Volume) -> FileFsObjectIdInformation {
    let mut id = [0; 16];
    let halves = volume.id.to_le_bytes().into_iter().cycle();
    id.iter_mut().zip(halves).for_each(|(place, byte)| *place = byte);
    FileFsObjectIdInformation { object_id: Guid(id), extended_info: [0; 48] }
}

fn device(disk: &Disk) -> FileFsDeviceInformation {
    let mut characteristics = DeviceCharacteristics::DEVICE_IS_MOUNTED;
    characteristics.set(DeviceCharacteristics::READ_ONLY_DEVICE, disk.is_read_only());
    FileFsDeviceInformation { device_type: DeviceType::DISK, characteristics }
}

fn sectors(volume: &Volume) -> FileFsSectorSizeInformation {
    let mut flags = SectorSizeFlags::ALIGNED_DEVICE | SectorSizeFlags::PARTITION_ALIGNED_ON_DEVICE;
    // The server takes the space of released ranges back, as a thinly provisioned disk does.
    flags.set(SectorSizeFlags::TRIM_ENABLED, cfg!(target_os = "linux"));
    FileFsSectorSizeInformation {
        logical_bytes_per_sector: SECTOR,
        physical_bytes_per_sector_for_atomicity: volume.unit,
        physical_bytes_per_sector_for_performance: volume.unit,
        effective_physical_bytes_per_sector_for_atomicity: volume.unit,
        flags,
        byte_offset_for_sector_alignment: 0,
        byte_offset_for_partition_alignment: 0,
    }
}

fn label(open: &Open, file: &fs::Open, volume: &Volume) -> Result<FileFsVolumeInformation, NtStatus> {
    let [a, b, c, d, e, f, g, h] = volume.id.to_le_bytes();
    Ok(FileFsVolumeInformation {
        volume_creation_time: file.disk().info()?.creation,
        volume_serial_number: u32::from_le_bytes([a, b, c, d]) ^ u32::from_le_bytes([e, f, g, h]),
        supports_objects: false,
        volume_label: open.share.name.clone(),
    })
}
