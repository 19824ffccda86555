//! The disk that a share is on.

use netsession_wire::NtStatus;

use super::disk::Disk;
use super::info::FileInfo;
use super::status::of;

/// Sizes of a disk, in units of `unit` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Volume {
    /// Bytes of an allocation unit.
    pub(crate) unit: u32,
    /// Units in all.
    pub(crate) total: u64,
    /// Units that are free.
    pub(crate) free: u64,
    /// Units that the server's user can still take.
    pub(crate) available: u64,
    /// Names the file system.
    pub(crate) id: u64,
    /// Longest component of a path.
    pub(crate) name_limit: u32,
}

impl Disk {
    /// Its disk's sizes.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn volume(&self) -> Result<Volume, NtStatus> {
        let stat = rustix::fs::fstatvfs(self.root.folder()).map_err(of)?;
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

    /// What its root folder is like.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn info(&self) -> Result<FileInfo, NtStatus> {
        FileInfo::of(self.root.folder()).map_err(of)?.ok_or(NtStatus::ACCESS_DENIED)
    }
}
