//! Holes in files ([MS-FSA] 2.1.5.10: FSCTL_SET_SPARSE, FSCTL_SET_ZERO_DATA, FSCTL_FILE_LEVEL_TRIM,
//! FSCTL_QUERY_ALLOCATED_RANGES).

use netsession_smb::fscc::FileAttributes;
use netsession_wire::NtStatus;
use rustix::io::Errno;

use super::folder::Action;
use super::info::Dos;
use super::locks::Range;
use super::open::Open;
use super::status::to_status;

impl Open {
    /// Marks the file as sparse; on Unix, every file may have holes.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a folder; errors of the system.
    pub(crate) fn set_sparse(&self, sparse: bool) -> Result<(), NtStatus> {
        self.require_file()?;
        let mut dos = Dos::read(self.record()?);
        let mut kept = dos.kept.unwrap_or(FileAttributes::ARCHIVE);
        kept.set(FileAttributes::SPARSE_FILE, sparse);
        dos.kept = Some(kept);
        dos.write(self.record()?).map_err(to_status)?;
        self.disk().changed(&self.path(), Action::AttributesSet);
        Ok(())
    }

    /// Sets `length` bytes from `start` to zero, up to the end of the file, and releases their disk space.
    ///
    /// # Errors
    /// `STATUS_FILE_LOCK_CONFLICT`; `STATUS_NOT_SUPPORTED` if the file system has no holes.
    pub(crate) fn zero(&self, start: u64, length: u64) -> Result<(), NtStatus> {
        self.require_file()?;
        let length = length.min(self.end()?.saturating_sub(start));
        if length == 0 {
            return Ok(());
        }
        let range = Range::new(start, length).map_err(|_| NtStatus::INVALID_PARAMETER)?;
        {
            let mut state = self.node().state();
            state.locks.may_write(self.key(), range)?;
            state.change_data(self.key());
        }
        self.before_write();
        punch(self, start, length)?;
        self.keep_last_write()?;
        self.disk().changed(&self.path(), Action::Written);
        Ok(())
    }

    /// Releases the disk space of the whole pages in a range; the bytes of other pages stay.
    ///
    /// # Errors
    /// As [`Open::zero`]; `STATUS_INVALID_PARAMETER` for a range beyond 64 bits.
    pub(crate) fn trim(&self, start: u64, length: u64) -> Result<(), NtStatus> {
        const PAGE: u64 = 4096;
        let first = start.checked_next_multiple_of(PAGE).ok_or(NtStatus::INVALID_PARAMETER)?;
        let end = start.saturating_add(length) / PAGE * PAGE;
        self.zero(first, end.saturating_sub(first))
    }

    /// Returns at most `limit` ranges with data between `start` and `end`: the first byte, and the one after the last. A file that
    /// is not marked as sparse is one range ([MS-FSA] 2.1.5.10.22).
    ///
    /// # Errors
    /// The error of the operating system.
    pub(crate) fn allocated(&self, start: u64, end: u64, limit: usize) -> Result<Vec<(u64, u64)>, NtStatus> {
        self.require_file()?;
        let end = end.min(self.end()?);
        if !self.info()?.attributes.contains(FileAttributes::SPARSE_FILE) {
            return Ok((start < end).then_some((start, end)).into_iter().collect());
        }
        let mut ranges = Vec::new();
        let mut position = start;
        while position < end && ranges.len() < limit {
            let (data, hole) = match next_data(self, position)? {
                Some((data, hole)) if data < end => (data.max(position), hole.min(end)),
                _ => break,
            };
            ranges.push((data, hole));
            position = hole;
        }
        Ok(ranges)
    }
}

#[cfg(target_os = "linux")]
fn punch(open: &Open, start: u64, length: u64) -> Result<(), NtStatus> {
    use rustix::fs::FallocateFlags;

    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    rustix::fs::fallocate(open.file()?, flags, start, length).map_err(to_status)
}

#[cfg(not(target_os = "linux"))]
fn punch(_open: &Open, _start: u64, _length: u64) -> Result<(), NtStatus> {
    Err(NtStatus::NOT_SUPPORTED)
}

/// Returns where the next data after `position` starts and ends; `None` if there is no more.
#[cfg(target_os = "linux")]
fn next_data(open: &Open, position: u64) -> Result<Option<(u64, u64)>, NtStatus> {
    use rustix::fs::{SeekFrom, seek};

    let data = match seek(open.file()?, SeekFrom::Data(position)) {
        Err(Errno::NXIO) => return Ok(None),
        data => data.map_err(to_status)?,
    };
    Ok(Some((data, seek(open.file()?, SeekFrom::Hole(data)).map_err(to_status)?)))
}

/// Treat all of it as data.
#[cfg(not(target_os = "linux"))]
fn next_data(open: &Open, position: u64) -> Result<Option<(u64, u64)>, NtStatus> {
    let _: Option<Errno> = None;
    Ok(Some((position, open.end()?)))
}
