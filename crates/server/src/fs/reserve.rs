//! Disk space for files: a request gets all the space that it asks for, or changes nothing ([MS-FSA] 2.1.5.1,
//! 2.1.5.15.1).

use rustix::fd::AsFd;

use netsession_wire::NtStatus;
use rustix::fs::{Stat, fstat, fstatvfs};

use super::status::to_status;

/// Bytes above which reserving space can take long: some file systems write zeros.
const LARGE: u64 = 1 << 20;

/// Returns whether reserving so many bytes can take long.
pub(super) const fn is_slow(bytes: u64) -> bool {
    bytes > LARGE
}

/// Checks that a file of `size` bytes is within the limit of the process: writing beyond it would end the process by a
/// signal.
///
/// # Errors
/// `STATUS_DISK_FULL`.
pub(super) fn is_allowed(size: u64) -> Result<(), NtStatus> {
    match rustix::process::getrlimit(rustix::process::Resource::Fsize).current {
        Some(most) if size > most => Err(NtStatus::DISK_FULL),
        _ => Ok(()),
    }
}

/// Checks that the file system has room for `bytes` after it removes the file's present data.
///
/// # Errors
/// `STATUS_DISK_FULL`, and errors of the system.
pub(super) fn can_replace(file: impl AsFd, bytes: u64) -> Result<(), NtStatus> {
    if bytes == 0 {
        return Ok(());
    }
    is_allowed(bytes)?;
    let stat = fstat(&file).map_err(to_status)?;
    has_free(&file, bytes.saturating_sub(allocated(&stat)))
}

/// Checks that the file system has room for a file from its present size up to `end`, if bytes before `from` would have to be
/// filled: the file is to have no holes.
///
/// # Errors
/// `STATUS_DISK_FULL`, and errors of the system.
pub(super) fn can_fill(file: impl AsFd, from: u64, end: u64) -> Result<(), NtStatus> {
    let stat = fstat(&file).map_err(to_status)?;
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    if from <= size {
        return Ok(());
    }
    has_free(&file, end.saturating_sub(allocated(&stat).max(size)))
}

/// Reserves disk space behind the file's end up to `bytes`, without changing the size, if the file system can.
///
/// Some file systems keep the space that they found before the disk was full. Only if the file has one open
/// (`is_alone`) can this function give that space back, because setting the size would cut off what another open
/// appends.
///
/// # Errors
/// `STATUS_DISK_FULL`: nothing is reserved. `STATUS_INVALID_PARAMETER` for more than the file system's largest file.
pub(super) fn reserve(file: impl AsFd, bytes: u64, is_alone: bool) -> Result<(), NtStatus> {
    let stat = fstat(&file).map_err(to_status)?;
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    // Space beyond the end; a hole before the end counts with its size.
    let reserved = allocated(&stat).max(size);
    if bytes <= reserved {
        return Ok(());
    }
    is_allowed(bytes)?;
    has_free(&file, bytes.saturating_sub(reserved))?;
    allocate(&file, size, bytes.saturating_sub(size)).inspect_err(|_| {
        if is_alone && rustix::fs::ftruncate(&file, size).is_ok() {
            _ = allocate(&file, size, reserved.saturating_sub(size));
        }
    })
}

/// Returns the bytes on the disk that the file takes.
fn allocated(stat: &Stat) -> u64 {
    u64::try_from(stat.st_blocks).unwrap_or(0).saturating_mul(512)
}

/// Checks that so many bytes are free for users. If a file system does not report this, it decides later.
fn has_free(file: impl AsFd, bytes: u64) -> Result<(), NtStatus> {
    match fstatvfs(file) {
        Ok(volume) if volume.f_blocks > 0 && volume.f_bavail.saturating_mul(volume.f_frsize) < bytes => {
            Err(NtStatus::DISK_FULL)
        }
        _ => Ok(()),
    }
}

#[cfg(target_os = "linux")]
fn allocate(file: impl AsFd, from: u64, length: u64) -> Result<(), NtStatus> {
    use rustix::io::Errno;

    if length == 0 {
        return Ok(());
    }
    match rustix::fs::fallocate(file, rustix::fs::FallocateFlags::KEEP_SIZE, from, length) {
        Err(error @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) => Err(to_status(error)),
        // The file system cannot reserve space.
        _ => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
fn allocate(_file: impl AsFd, _from: u64, _length: u64) -> Result<(), NtStatus> {
    Ok(())
}
