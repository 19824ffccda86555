//! Files that share their data on the disk ([MS-FSA] 2.1.5.10.4: FSCTL_DUPLICATE_EXTENTS_TO_FILE).

use std::sync::Arc;

use netsession_smb::fscc::{AccessMask, FileAttributes};
use netsession_wire::NtStatus;

use super::disk::Disk;
use super::effort::Effort;
use super::folder::Action;
use super::info::Kind;
use super::locks::Range;
use super::open::Open;

/// The most bytes between two looks at whether the client still waits.
#[cfg(target_os = "linux")]
const STEP: u64 = 64 << 20;

/// Bytes of one file that become those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Duplicate {
    /// Where they are in the source.
    pub(crate) source_offset: u64,
    /// Where they come in the target.
    pub(crate) target_offset: u64,
    /// How many.
    pub(crate) length: u64,
}

impl Disk {
    /// Returns whether files can share their data: on Btrfs and XFS.
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    pub(crate) fn shares_data(&self) -> bool {
        const BTRFS: rustix::fs::FsWord = 0x9123_683e;
        const XFS: rustix::fs::FsWord = 0x5846_5342;
        rustix::fs::fstatfs(self.root.folder()).is_ok_and(|volume| [BTRFS, XFS].contains(&volume.f_type))
    }

    /// No: there is no system call for it.
    #[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
    pub(crate) fn shares_data(&self) -> bool {
        false
    }
}

impl Open {
    /// Makes bytes of `source` those of this file, without a change of its size. A file system that cannot share them copies them.
    ///
    /// # Errors
    /// - `STATUS_NOT_SUPPORTED`: the bytes are not all there in both files, overlap in one file, or come from a sparse file to one
    ///   that is not.
    /// - `STATUS_INVALID_PARAMETER`: they do not begin and end with clusters; the source cannot be read, or is on another disk.
    /// - `STATUS_ACCESS_DENIED`, `STATUS_FILE_LOCK_CONFLICT`, `STATUS_CANCELLED` and errors of the system.
    pub(crate) fn duplicate(
        &self,
        source: &Self,
        part: &Duplicate,
        effort: &Effort<'_>,
    ) -> Result<(), NtStatus> {
        if self.kind() != Kind::File || source.kind() != Kind::File {
            return Err(NtStatus::NOT_SUPPORTED);
        }
        self.require_any(AccessMask::WRITE_DATA)?;
        let readable = source.require_any(AccessMask::READ_DATA | AccessMask::EXECUTE);
        readable.map_err(|_| NtStatus::INVALID_PARAMETER)?;
        let Some(part) = self.existing(source, part)? else { return Ok(()) };
        let is_sparse =
            |open: &Self| open.info().map(|info| info.attributes.contains(FileAttributes::SPARSE_FILE));
        if is_sparse(source)? && !is_sparse(self)? {
            return Err(NtStatus::NOT_SUPPORTED);
        }
        let range = |start| Range::new(start, part.length).map_err(|_| NtStatus::INVALID_PARAMETER);
        source.node().state().locks.may_read(source.key(), range(part.source_offset)?)?;
        {
            let mut state = self.node().state();
            state.locks.may_write(self.key(), range(part.target_offset)?)?;
            state.change_data(self.key());
        }
        self.before_write();
        let copied = copy(source, self, &part, effort);
        self.keep_last_write()?;
        self.disk().changed(&self.path(), Action::Written);
        copied
    }

    /// Returns the bytes that there are: the last cluster of a file can be incomplete, and clients name it whole or as it is.
    /// `None` if there is nothing to do.
    fn existing(&self, source: &Self, part: &Duplicate) -> Result<Option<Duplicate>, NtStatus> {
        let cluster = u64::from(self.disk().volume()?.unit);
        let Duplicate { source_offset, target_offset, length } = *part;
        if source_offset % cluster != 0 || target_offset % cluster != 0 {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        if length == 0 {
            return Ok(None);
        }
        let size = source.end()?;
        let end = source_offset.checked_add(length).ok_or(NtStatus::INVALID_PARAMETER)?;
        if source_offset >= size || end > size.next_multiple_of(cluster) {
            return Err(NtStatus::NOT_SUPPORTED);
        }
        if length % cluster != 0 && end < size {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let length = end.min(size).saturating_sub(source_offset);
        if target_offset.saturating_add(length) > self.end()? {
            return Err(NtStatus::NOT_SUPPORTED);
        }
        let overlaps = source_offset.abs_diff(target_offset) < length;
        if Arc::ptr_eq(self.node(), source.node()) && overlaps {
            return Err(NtStatus::NOT_SUPPORTED);
        }
        Ok(Some(Duplicate { length, ..*part }))
    }
}

#[cfg(target_os = "linux")]
fn copy(source: &Open, target: &Open, part: &Duplicate, effort: &Effort<'_>) -> Result<(), NtStatus> {
    use rustix::io::Errno;

    let (mut from, mut to) = (part.source_offset, part.target_offset);
    let end = from.saturating_add(part.length);
    while from < end {
        effort.check_running()?;
        let step = usize::try_from(end.saturating_sub(from).min(STEP)).unwrap_or(usize::MAX);
        match rustix::fs::copy_file_range(
            source.file()?,
            Some(&mut from),
            target.file()?,
            Some(&mut to),
            step,
        ) {
            // Another program has made the source shorter.
            Ok(0) => return Err(NtStatus::NOT_SUPPORTED),
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::XDEV) => return Err(NtStatus::INVALID_PARAMETER),
            Err(error) => return Err(super::status::to_status(error)),
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn copy(_source: &Open, _target: &Open, _part: &Duplicate, _effort: &Effort<'_>) -> Result<(), NtStatus> {
    Err(NtStatus::NOT_SUPPORTED)
}
