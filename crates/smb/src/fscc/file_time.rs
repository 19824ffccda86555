use std::time::{Duration, SystemTime};

/// A point in time: 100-nanosecond steps since 1601-01-01 UTC ([MS-FSCC] 2.1.1, [MS-DTYP] 2.3.3).
///
/// Setting times gives some values another meaning ([MS-FSCC] 2.4.7): see the constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FileTime(pub i64);

/// From 1601-01-01 to 1970-01-01.
const UNIX_EPOCH: i64 = 116_444_736_000_000_000;

impl FileTime {
    /// No time. In a request that sets times: do not change this one.
    pub const ZERO: Self = Self(0);
    /// In a request that sets times: stop changing this time through this open.
    pub const FREEZE: Self = Self(-1);
    /// In a request that sets times: resume changing this time through this open.
    pub const THAW: Self = Self(-2);

    /// Converts a time of the system; a time outside the range becomes the nearest end of it.
    #[must_use]
    pub fn from_system(time: SystemTime) -> Self {
        let steps = |span: Duration| i64::try_from(span.as_nanos() / 100).unwrap_or(i64::MAX);
        Self(match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => UNIX_EPOCH.saturating_add(steps(after)),
            Err(before) => UNIX_EPOCH.saturating_sub(steps(before.duration())).max(0),
        })
    }

    /// Converts to a time of the system; `None` for zero, for a negative value, and for a value that the system cannot
    /// represent.
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
