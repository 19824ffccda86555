//! The disk that a share is on.

use netsession_wire::NtStatus;

use super::disk::Disk;
use super::info::FileInfo;
use super::status::to_status;

/// Sizes of a disk, in units of `unit` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Volume {
    /// Bytes of an allocation unit.
    pub(crate) unit: u32,
    /// All units.
    pub(crate) total: u64,
    /// Free units.
    pub(crate) free: u64,
    /// Free units that are available to the server's user.
    pub(crate) available: u64,
    /// Identifies the file system.
    pub(crate) id: u64,
    /// The longest component of a path in bytes.
    pub(crate) name_limit: u32,
}

impl Disk {
    /// Returns the sizes of the disk that the share is on.
    ///
    /// # Errors
    /// The error of the operating system.
    pub(crate) fn volume(&self) -> Result<Volume, NtStatus> {
        let stat = rustix::fs::fstatvfs(self.root.folder()).map_err(to_status)?;
        let unit = u32::try_from(stat.f_frsize.clamp(512, 1 << 20)).unwrap_or(4096);
        Ok(Volume {
            unit,
            total: stat.f_blocks,
            free: stat.f_bfree,
            available: stat.f_bavail,
            id: stat.f_fsid,
            name_limit: 255,
        })
    }

    /// Returns the information about its root folder.
    ///
    /// # Errors
    /// The error of the operating system.
    pub(crate) fn info(&self) -> Result<FileInfo, NtStatus> {
        FileInfo::of(self.root.folder()).map_err(to_status)?.ok_or(NtStatus::ACCESS_DENIED)
    }
}
