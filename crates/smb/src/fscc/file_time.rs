use std::time::{Duration, SystemTime};

/// A point in time: 100-nanosecond steps since 1601-01-01 UTC ([MS-FSCC] 2.1.1, [MS-DTYP] 2.3.3).
///
/// Setting times gives some values another meaning ([MS-FSCC] 2.4.7): see the constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FileTime(pub i64);

/// From 1601-01-01 to 1970-01-01.
const UNIX_EPOCH: i64 = 116_444_736_000_000_000;

impl FileTime {
    /// No time; when times are set: leave this one alone.
    pub const ZERO: Self = Self(0);
    /// When times are set: do not let what this open does change this time.
    pub const FREEZE: Self = Self(-1);
    /// When times are set: let what this open does change this time again.
    pub const THAW: Self = Self(-2);

    /// From the system's clock; the nearest end of the range for a time outside it.
    #[must_use]
    pub fn from_system(time: SystemTime) -> Self {
        let steps = |span: Duration| i64::try_from(span.as_nanos() / 100).unwrap_or(i64::MAX);
        Self(match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => UNIX_EPOCH.saturating_add(steps(after)),
            Err(before) => UNIX_EPOCH.saturating_sub(steps(before.duration())).max(0),
        })
    }

    /// As the system's clock would say it; `None` for zero, for a negative value, and where the system
    /// cannot hold it.
    #[must_use]
    pub fn to_system(self) -> Option<SystemTime> {
        let since = self.0.checked_sub(UNIX_EPOCH).filter(|_| self.0 > 0)?;
        let nanos = since.unsigned_abs() % 10_000_000 * 100;
        let span = Duration::new(since.unsigned_abs() / 10_000_000, u32::try_from(nanos).ok()?);
        match since >= 0 {
            true => SystemTime::UNIX_EPOCH.checked_add(span),
            false => SystemTime::UNIX_EPOCH.checked_sub(span),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would change the times of files when a client copies them.
    #[test]
    fn system_time_survives() {
        assert_eq!(FileTime::from_system(SystemTime::UNIX_EPOCH), FileTime(UNIX_EPOCH));
        for steps in [1, UNIX_EPOCH - 1, UNIX_EPOCH, UNIX_EPOCH + 1, 133_000_000_000_000_001] {
            assert_eq!(FileTime::from_system(FileTime(steps).to_system().unwrap()), FileTime(steps));
        }
        assert_eq!(FileTime::ZERO.to_system(), None);
        assert_eq!(FileTime::FREEZE.to_system(), None);
    }
}
