//! The data of an open file: reading, writing, byte-range locks and size ([MS-FSA] 2.1.5.3 to 2.1.5.9, 2.1.5.15).

use super::FileExt;
use super::folder::{Action, Event};

use netsession_smb::fscc::{AccessMask, FileAttributes};
use netsession_wire::NtStatus;

use super::info::Kind;
use super::locks::{Mode, Range};
use super::open::Open;
use super::reserve;
use super::status::to_status;

/// The largest size of a file in bytes, as on NTFS.
const LONGEST_FILE: u64 = 0xfff_ffff_0000;

impl Open {
    /// Reads into `buffer` from byte `offset`, and returns how many bytes it read.
    ///
    /// # Errors
    /// `STATUS_END_OF_FILE` at or after the end, `STATUS_FILE_LOCK_CONFLICT`, and errors of the system.
    pub(crate) fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, NtStatus> {
        self.require_data(AccessMask::READ_DATA | AccessMask::EXECUTE)?;
        let wanted = span(offset, buffer.len())?;
        if buffer.is_empty() {
            return Ok(0);
        }
        self.node().state().locks.may_read(self.key(), wanted)?;
        let mut done = 0;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.file()?.read_at(rest, offset.saturating_add(wide(done))) {
                Ok(0) => break,
                Ok(count) => done = done.saturating_add(count),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(to_status(error)),
            }
        }
        self.set_position(offset.saturating_add(wide(done)));
        if done == 0 { Err(NtStatus::END_OF_FILE) } else { Ok(done) }
    }

    /// Writes `bytes` at byte `offset`, even past the end, and returns how many bytes it wrote: on a full disk, as many as
    /// the disk has room for.
    ///
    /// # Errors
    /// `STATUS_FILE_LOCK_CONFLICT`, `STATUS_DISK_FULL` if there is room for none, and errors of the system.
    pub(crate) fn write(&self, offset: u64, bytes: &[u8]) -> Result<usize, NtStatus> {
        self.require_data(AccessMask::WRITE_DATA | AccessMask::APPEND_DATA)?;
        let range = span(offset, bytes.len())?;
        if bytes.is_empty() {
            return Ok(0);
        }
        if offset.saturating_add(wide(bytes.len())) > LONGEST_FILE {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let end = offset.saturating_add(wide(bytes.len()));
        reserve::is_allowed(end)?;
        self.can_grow(offset, end)?;
        let path = {
            let mut state = self.node().state();
            state.locks.may_write(self.key(), range)?;
            state.change_data(self.key());
            state.path_of(self.key())
        };
        self.before_write();
        let mut done = 0;
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            match self.file()?.write_at(rest, offset.saturating_add(wide(done))) {
                Ok(0) => break,
                Ok(count) => done = done.saturating_add(count),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) if done == 0 => return Err(to_status(error)),
                // The client learns how much is written, and the reason from its next request.
                Err(_) => break,
            }
        }
        self.set_position(offset.saturating_add(wide(done)));
        self.keep_last_write()?;
        self.disk().changed(&path, Action::Written);
        if done == 0 { Err(NtStatus::DISK_FULL) } else { Ok(done) }
    }

    /// Checks that the disk has room for the file up to `end` if it gets zeros before `from`. A file that is marked as sparse gets
    /// a hole ([MS-FSA] 2.1.5.4, 2.1.5.15.5).
    fn can_grow(&self, from: u64, end: u64) -> Result<(), NtStatus> {
        match reserve::can_fill(self.file()?, from, end) {
            Err(NtStatus::DISK_FULL) if self.info()?.attributes.contains(FileAttributes::SPARSE_FILE) => {
                Ok(())
            }
            checked => checked,
        }
    }

    /// Returns the file's size in bytes.
    ///
    /// # Errors
    /// The error of the operating system.
    pub(crate) fn end(&self) -> Result<u64, NtStatus> {
        Ok(self.file()?.metadata().map_err(to_status)?.len())
    }

    /// Writes the file's data to the disk.
    ///
    /// # Errors
    /// The error of the operating system.
    pub(crate) fn flush(&self) -> Result<(), NtStatus> {
        self.require_any(AccessMask::WRITE_DATA | AccessMask::APPEND_DATA)?;
        self.show_last_write();
        self.file()?.sync_all().map_err(to_status)
    }

    fn require_data(&self, rights: AccessMask) -> Result<(), NtStatus> {
        match self.kind() {
            Kind::Directory => Err(NtStatus::INVALID_DEVICE_REQUEST),
            Kind::File => self.require_any(rights),
        }
    }

    /// Locks a range of bytes; see [`super::locks`].
    ///
    /// # Errors
    /// `STATUS_LOCK_NOT_GRANTED` if it must wait.
    pub(crate) fn lock(&self, range: Range, mode: Mode) -> Result<(), NtStatus> {
        self.require_data(AccessMask::READ_DATA | AccessMask::WRITE_DATA)?;
        let mut state = self.node().state();
        // A client asks the server for no lock of which its cache knows.
        state.change_data(self.key());
        state.locks.lock(self.key(), range, mode)
    }

    /// Releases a lock.
    ///
    /// # Errors
    /// `STATUS_RANGE_NOT_LOCKED`.
    pub(crate) fn unlock(&self, range: Range) -> Result<(), NtStatus> {
        self.require_data(AccessMask::READ_DATA | AccessMask::WRITE_DATA)?;
        self.node().state().locks.unlock(self.key(), range)?;
        self.disk().notify(Event::Unlocked(self.file_key()));
        Ok(())
    }

    /// Makes the file longer or shorter.
    ///
    /// # Errors
    /// `STATUS_DISK_FULL`, `STATUS_INVALID_PARAMETER` for a size that the file system cannot have.
    pub(crate) fn set_end_of_file(&self, size: u64) -> Result<(), NtStatus> {
        self.require_data(AccessMask::WRITE_DATA)?;
        if size > LONGEST_FILE {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        reserve::is_allowed(size)?;
        self.can_grow(size, size)?;
        self.node().state().change_data(self.key());
        self.file()?.set_len(size).map_err(to_status)?;
        self.keep_last_write()?;
        self.show_last_write();
        self.disk().changed(&self.path(), Action::Resized);
        Ok(())
    }

    /// Reserves disk space, and truncates a longer file ([MS-FSA] 2.1.5.15.1).
    ///
    /// # Errors
    /// As [`Open::set_end_of_file`].
    pub(crate) fn set_allocation(&self, bytes: u64) -> Result<(), NtStatus> {
        self.require_data(AccessMask::WRITE_DATA)?;
        if bytes < self.end()? {
            return self.set_end_of_file(bytes);
        }
        if bytes > LONGEST_FILE {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        self.node().state().change_data(self.key());
        reserve::reserve(self.file()?, bytes, self.node().state().is_alone())
    }
}

/// Returns the range of a read or write, which must end within 63 bits ([MS-FSA] 2.1.5.3, 2.1.5.4).
fn span(offset: u64, length: usize) -> Result<Range, NtStatus> {
    let end = offset.checked_add(wide(length)).and_then(|end| i64::try_from(end).ok());
    end.and_then(|_| Range::new(offset, wide(length)).ok()).ok_or(NtStatus::INVALID_PARAMETER)
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
