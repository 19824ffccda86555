//! [`Moment`]: a time by both clocks of a computer. [`TimeLeft`]: how long a hold still lasts, whatever the clocks do.

use std::time::Duration;

use crate::Timestamp;

/// A time by the wall clock, which a person or a time server can set, and by the clock since the start of the computer,
/// which nobody can set and which also runs while the computer sleeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock.
    pub wall: Timestamp,
    /// The clock since the start. Only Linux has one here.
    pub boot: Option<BootTime>,
}

/// The time since a certain start of the computer (`CLOCK_BOOTTIME`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootTime {
    /// The id of this start, which the kernel makes at random.
    pub id: String,
    /// The time since then.
    pub since: Duration,
}

impl Moment {
    /// Returns the time now.
    ///
    /// ```
    /// use netsession_journal::Moment;
    ///
    /// let (one, other) = (Moment::now(), Moment::now());
    /// if let (Some(one), Some(other)) = (one.boot, other.boot) {
    ///     assert!(one.id == other.id && one.since <= other.since);
    /// }
    /// ```
    #[must_use]
    pub fn now() -> Self {
        Self { wall: Timestamp::now(), boot: system::boot_time() }
    }

    /// Returns the time from `earlier` to this moment.
    ///
    /// Both clocks of one start of the computer: the time that passed, however the wall clock was set meanwhile. After
    /// another start only the wall clock can tell. If it went back, no time passed.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Duration {
        match (&self.boot, &earlier.boot) {
            (Some(now), Some(then)) if now.id == then.id => now.since.saturating_sub(then.since),
            _ => {
                let passed = self.wall.millis().saturating_sub(earlier.wall.millis());
                Duration::from_millis(u64::try_from(passed).unwrap_or_default())
            }
        }
    }
}

/// The time that is left at a moment. It never grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimeLeft {
    pub(crate) left: Duration,
    pub(crate) seen: Moment,
}

impl TimeLeft {
    /// Returns the time that is left now.
    pub(crate) fn at(&self, now: &Moment) -> Self {
        Self { left: self.left.saturating_sub(now.since(&self.seen)), seen: now.clone() }
    }

    /// Whether the computer has started again since this was stored. It must be stored again then, because the wall clock
    /// counts only once.
    pub(crate) fn is_of_another_start(&self, now: &Moment) -> bool {
        let id = |moment: &Moment| moment.boot.as_ref().map(|boot| boot.id.clone());
        id(&self.seen) != id(now)
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};

    use super::BootTime;

    pub(super) fn boot_time() -> Option<BootTime> {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
        let time = clock_gettime(ClockId::Boottime);
        let (seconds, nanos) = (u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?);
        Some(BootTime { id, since: Duration::new(seconds, nanos) })
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::BootTime;

    pub(super) const fn boot_time() -> Option<BootTime> {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{BootTime, Moment, TimeLeft};
    use crate::Timestamp;

    const HOUR: u64 = 3_600;

    fn moment(wall_hours: i64, start: &str, hours: u64) -> Moment {
        let boot = BootTime { id: start.to_owned(), since: Duration::from_secs(hours * HOUR) };
        Moment { wall: Timestamp::of_millis(wall_hours * 3_600_000), boot: Some(boot) }
    }

    fn left(term: &TimeLeft) -> u64 {
        term.left.as_secs() / HOUR
    }

    /// A failure here would free an attacker, or keep somebody out for ever, when a clock is set.
    #[test]
    fn a_clock_that_jumps_changes_nothing() {
        let term = TimeLeft { left: Duration::from_secs(2 * HOUR), seen: moment(100, "a", 5) };
        for wall in [0, 100, 101, 5_000, 100_000] {
            assert_eq!(left(&term.at(&moment(wall, "a", 6))), 1, "{wall}");
            assert_eq!(left(&term.at(&moment(wall, "a", 7))), 0, "{wall}");
        }
    }

    /// A failure here would keep somebody out for longer than the person said, because the clock went back with a restart.
    #[test]
    fn a_restart_counts_the_wall_clock_once_and_never_adds_time() {
        let term = TimeLeft { left: Duration::from_secs(4 * HOUR), seen: moment(100, "a", 5) };
        assert_eq!(left(&term.at(&moment(101, "b", 0))), 3, "an hour without power");
        let back = term.at(&moment(0, "b", 0));
        assert_eq!(left(&back), 4, "a clock without a battery");
        assert!(
            term.is_of_another_start(&moment(0, "b", 0)) && !back.is_of_another_start(&moment(0, "b", 1))
        );
        // Then the time server sets it right, and that is no time that passed.
        assert_eq!(left(&back.at(&moment(101, "b", 1))), 3);
    }

    /// A failure here would never end a hold on a system without the clock since the start.
    #[test]
    fn without_the_other_clock_the_wall_clock_counts() {
        let at = |hours: i64| Moment { wall: Timestamp::of_millis(hours * 3_600_000), boot: None };
        let term = TimeLeft { left: Duration::from_secs(2 * HOUR), seen: at(100) };
        assert_eq!([99, 100, 101, 102].map(|hours| left(&term.at(&at(hours)))), [2, 2, 1, 0]);
    }
}
