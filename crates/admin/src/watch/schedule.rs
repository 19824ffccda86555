//! [`Schedule`] says when a server is listed next. It has no clock.

use std::time::Duration;

/// The longest pause between attempts at a server that does not answer, unless the caller sets another one.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The rhythm of one server. Times are measured from the start of the watch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    interval: Duration,
    /// This server's part of the interval, so that the servers do not all answer at once.
    offset: Duration,
    failures: u32,
    longest_pause: Duration,
}

/// The shortest time between listings.
const SHORTEST: Duration = Duration::from_millis(10);

impl Schedule {
    /// Makes the schedule of the server at `index` of `count`.
    pub(super) fn new(interval: Duration, index: usize, count: usize) -> Self {
        let interval = interval.max(SHORTEST);
        let (index, count) =
            (u32::try_from(index).unwrap_or(u32::MAX), u32::try_from(count).unwrap_or(u32::MAX));
        let offset = interval.checked_div(count).unwrap_or_default().saturating_mul(index).min(interval);
        Self { interval, offset, failures: 0, longest_pause: LONGEST_PAUSE }
    }

    /// Sets the longest pause between attempts.
    pub(super) const fn pausing_at_most(self, longest_pause: Duration) -> Self {
        Self { longest_pause, ..self }
    }

    /// Sets the time between listings from now on.
    pub(super) fn set_interval(&mut self, interval: Duration) {
        self.interval = interval.max(SHORTEST);
    }

    /// Returns the time of the next listing after a listing that ended at `now`: the next one of the server's own
    /// times. A listing that took longer than the interval skips some of them.
    pub(super) fn after_success(&mut self, now: Duration) -> Duration {
        self.failures = 0;
        let since_first = now.saturating_sub(self.offset).as_nanos();
        let rounds = since_first.checked_div(self.interval.as_nanos()).unwrap_or_default().saturating_add(1);
        let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
        self.offset.saturating_add(self.interval.saturating_mul(rounds)).max(now)
    }

    /// Returns the pause before the next attempt: the interval, then twice as long each time, up to the longest pause.
    pub(super) fn after_failure(&mut self) -> Duration {
        let doubled = self.interval.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        self.failures = self.failures.saturating_add(1).min(20);
        let pause = doubled.min(self.longest_pause.max(self.interval));
        // Servers that failed together, such as those behind one router, come back one after the other.
        pause.saturating_add(self.offset / 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A failure here would list from all servers in the same instant, or from a slow server without a pause.
    #[test]
    fn servers_take_turns_and_a_slow_one_skips_a_turn() {
        let mut third = Schedule::new(4 * SECOND, 2, 4);
        assert_eq!(third.after_success(Duration::ZERO), 6 * SECOND);
        assert_eq!(third.after_success(6 * SECOND + SECOND / 10), 10 * SECOND);
        assert_eq!(third.after_success(15 * SECOND), 18 * SECOND);
        let mut first = Schedule::new(4 * SECOND, 0, 4);
        assert_eq!(first.after_success(SECOND), 4 * SECOND);
    }

    /// A failure here would let a client back in for longer, or flood a server for ever after one ending.
    #[test]
    fn the_rhythm_can_change_meanwhile() {
        let mut schedule = Schedule::new(SECOND, 0, 1);
        assert_eq!(schedule.after_success(10 * SECOND), 11 * SECOND);
        schedule.set_interval(Duration::ZERO);
        let soon = schedule.after_success(11 * SECOND);
        assert!(soon > 11 * SECOND && soon <= 11 * SECOND + SHORTEST, "{soon:?}");
        schedule.set_interval(SECOND);
        assert_eq!(schedule.after_success(soon), 12 * SECOND);
    }

    /// A failure here would flood a server that is down with connections, or forget it.
    #[test]
    fn pauses_grow_up_to_a_minute_and_an_answer_resets_them() {
        let mut schedule = Schedule::new(2 * SECOND, 0, 1);
        let pauses: Vec<u64> = (0..8).map(|_| schedule.after_failure().as_secs()).collect();
        assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
        schedule.after_success(SECOND);
        assert_eq!(schedule.after_failure(), 2 * SECOND);
        let mut hourly = Schedule::new(3_600 * SECOND, 0, 1);
        assert_eq!((0..3).map(|_| hourly.after_failure().as_secs()).max(), Some(3_600));
    }
}
