//! The times of an open file: which ones a client has set to stay, and which change others see later ([MS-FSA]
//! 2.1.5.15.2, [MS-FSCC] 2.4.7).

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use netsession_smb::fscc::FileTime;
use netsession_wire::NtStatus;
use rustix::fs::{Timespec, Timestamps};

use super::open_key::OpenKey;
use super::status::to_status;

/// How long the first write through an open leaves LastWriteTime as it was. Explorer reads a file again whenever that
/// time changes.
const DELAY: Duration = Duration::from_secs(2);

/// What a client has set about the times through one open.
#[derive(Debug, Default)]
pub(super) struct OpenTimes {
    /// The LastWriteTime that writes through this open keep; zero for none.
    last_write: AtomicI64,
    /// Whether a write through this open has already delayed LastWriteTime.
    has_delayed: AtomicBool,
}

impl OpenTimes {
    /// Returns the LastWriteTime that writes through this open keep.
    pub(super) fn kept(&self) -> Option<FileTime> {
        let kept = FileTime(self.last_write.load(Ordering::Relaxed));
        (kept != FileTime::ZERO).then_some(kept)
    }

    /// Returns how long a write that begins now delays LastWriteTime; `None` until the open is closed or flushed, because only
    /// the first write ends by itself.
    pub(super) fn delay(&self) -> Option<Instant> {
        match self.has_delayed.swap(true, Ordering::Relaxed) {
            false => Instant::now().checked_add(DELAY),
            true => None,
        }
    }

    /// Takes over a LastWriteTime that a client has set: a time stays, and so does the `current` one if the client has
    /// frozen it, until the client thaws it.
    pub(super) fn set(&self, last_write: FileTime, current: FileTime) {
        let kept = match last_write {
            FileTime::ZERO => return,
            FileTime::THAW => FileTime::ZERO,
            FileTime::FREEZE => current,
            time => time,
        };
        self.last_write.store(kept.0, Ordering::Relaxed);
    }
}

/// A LastWriteTime that the server shows although somebody has written since.
#[derive(Debug, Clone, Copy)]
pub(super) struct DelayedWrite {
    /// The open that wrote first.
    pub(super) by: OpenKey,
    pub(super) shown: FileTime,
    /// `None`: until the open is closed or flushed.
    pub(super) until: Option<Instant>,
}

impl DelayedWrite {
    pub(super) fn is_over(self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }
}

/// Sets two times of a file; a time that is zero or negative stays as it is.
///
/// # Errors
/// The error of the operating system.
pub(super) fn set_times(
    file: impl rustix::fd::AsFd,
    last_access: FileTime,
    last_write: FileTime,
) -> Result<(), NtStatus> {
    if last_access <= FileTime::ZERO && last_write <= FileTime::ZERO {
        return Ok(());
    }
    let times = Timestamps { last_access: timespec(last_access), last_modification: timespec(last_write) };
    rustix::fs::futimens(file, &times).map_err(to_status)
}

/// Converts a time; a time that stays the same becomes `UTIME_OMIT`.
fn timespec(time: FileTime) -> Timespec {
    let since = time.to_system().map(|time| time.duration_since(std::time::SystemTime::UNIX_EPOCH));
    let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    match since {
        None => Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT },
        Some(Ok(after)) => Timespec { tv_sec: seconds(after), tv_nsec: after.subsec_nanos().into() },
        Some(Err(before)) => {
            let before = before.duration();
            let (whole, rest) = (seconds(before).saturating_neg(), before.subsec_nanos());
            match rest {
                0 => Timespec { tv_sec: whole, tv_nsec: 0 },
                _ => Timespec {
                    tv_sec: whole.saturating_sub(1),
                    tv_nsec: 1_000_000_000_u32.saturating_sub(rest).into(),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would give old photographs the time of another second.
    #[test]
    fn times_before_1970_keep_their_fractions() {
        // 1969-12-31 23:59:58.25.
        let time = FileTime(116_444_736_000_000_000 - 17_500_000);
        let timespec = timespec(time);
        assert_eq!((timespec.tv_sec, timespec.tv_nsec), (-2, 250_000_000));
    }

    /// A failure here would change the time that a copying client has set, or never again the true one.
    #[test]
    fn a_set_time_stays_until_the_client_thaws_it() {
        let times = OpenTimes::default();
        let (set, current) = (FileTime(5), FileTime(7));
        times.set(set, current);
        times.set(FileTime::ZERO, current);
        assert_eq!(times.kept(), Some(set));
        times.set(FileTime::FREEZE, current);
        assert_eq!(times.kept(), Some(current));
        times.set(FileTime::THAW, current);
        assert_eq!(times.kept(), None);
    }
}
