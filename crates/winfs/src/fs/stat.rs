//! The system's record of a file, in the form of Unix.

use std::time::{Duration, SystemTime};

use winx::winapi_util::file::Information;

pub(super) const READ_ONLY: u32 = 0x1;
const DIRECTORY: u64 = 0x10;
/// What a client sees of the attributes of a file: those that it can set elsewhere.
pub(super) const ATTRIBUTES: u32 = 0x3327;
pub(super) const REPARSE_POINT: u32 = 0x400;

/// 100 nanoseconds between 1601 and 1970.
const EPOCH: u64 = 116_444_736_000_000_000;
const TICKS: u64 = 10_000_000;

/// The record of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of Unix")]
pub struct Stat {
    pub st_dev: u64,
    pub st_ino: u64,
    pub st_mode: u32,
    pub st_nlink: u64,
    pub st_uid: u32,
    pub st_gid: u32,
    pub st_size: i64,
    pub st_blocks: i64,
    pub st_atime: i64,
    pub st_atime_nsec: i64,
    pub st_mtime: i64,
    pub st_mtime_nsec: i64,
    pub st_ctime: i64,
    pub st_ctime_nsec: i64,
}

impl Stat {
    pub(super) fn of(file: &Information) -> Self {
        let st_mode = match file.file_attributes() {
            some if some & u64::from(REPARSE_POINT) != 0 => 0o120_777,
            some if some & DIRECTORY != 0 => 0o040_755,
            _ => 0o100_644,
        };
        let size = i64::try_from(file.file_size()).unwrap_or(i64::MAX);
        let (accessed, written) = (unix(file.last_access_time()), unix(file.last_write_time()));
        Self {
            st_dev: file.volume_serial_number(),
            st_ino: file.file_index(),
            st_mode,
            st_nlink: file.number_of_links(),
            st_uid: 0,
            st_gid: 0,
            st_size: size,
            st_blocks: size.saturating_add(511) / 512,
            st_atime: accessed.0,
            st_atime_nsec: accessed.1,
            st_mtime: written.0,
            st_mtime_nsec: written.1,
            st_ctime: written.0,
            st_ctime_nsec: written.1,
        }
    }
}

/// Returns seconds since 1970, and nanoseconds.
fn unix(time: Option<u64>) -> (i64, i64) {
    let time = i128::from(time.unwrap_or(EPOCH)) - i128::from(EPOCH);
    let ticks = i128::from(TICKS);
    let part = |value: i128| i64::try_from(value).unwrap_or_default();
    (part(time.div_euclid(ticks)), part(time.rem_euclid(ticks) * 100))
}

/// Returns a time of Windows; `None` for zero, and for one that the system cannot express.
pub(super) fn system_time(time: u64) -> Option<SystemTime> {
    let span = |ticks: u64| {
        let nanos = u32::try_from(ticks % TICKS * 100).unwrap_or_default();
        Duration::new(ticks / TICKS, nanos)
    };
    match time {
        0 => None,
        after if after >= EPOCH => SystemTime::UNIX_EPOCH.checked_add(span(after - EPOCH)),
        before => SystemTime::UNIX_EPOCH.checked_sub(span(EPOCH - before)),
    }
}

/// Leaves a time as it is.
pub const UTIME_OMIT: i64 = -2;

/// A time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of Unix")]
pub struct Timespec {
    pub tv_sec: i64,
    pub tv_nsec: i64,
}

impl Timespec {
    /// Returns the time; `None` for [`UTIME_OMIT`].
    pub(super) fn to_system(self) -> Option<SystemTime> {
        let nanos = Duration::from_nanos(u64::try_from(self.tv_nsec).ok()?);
        let seconds = Duration::from_secs(self.tv_sec.unsigned_abs());
        let whole = match self.tv_sec >= 0 {
            true => SystemTime::UNIX_EPOCH.checked_add(seconds),
            false => SystemTime::UNIX_EPOCH.checked_sub(seconds),
        };
        whole?.checked_add(nanos)
    }
}

/// Two times of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of Unix")]
pub struct Timestamps {
    pub last_access: Timespec,
    pub last_modification: Timespec,
}

/// The sizes of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of Unix")]
pub struct StatVfs {
    pub f_frsize: u64,
    pub f_blocks: u64,
    pub f_bfree: u64,
    pub f_bavail: u64,
    pub f_fsid: u64,
}
