//! [`Pace`]: how often to list a server. [`Attempts`]: how often to try to end sessions that remain.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The time from one listing to the next while nobody comes back.
pub(super) const CALM: Duration = Duration::from_millis(200);
/// After an ending: a client that reconnects in a loop is back within milliseconds. A watch makes a short pause.
const WITHOUT_PAUSE: Duration = Duration::ZERO;
/// How long to list without a pause after an ending.
const ALERT: Duration = Duration::from_secs(30);
/// After so many endings, each less than [`ALERT`] after the one before, the listings become rarer: each ending is two rows of the
/// journal, and a client that reconnects in a loop for days would fill the disk.
const MANY: u32 = 1_000;
/// The time from one listing to the next from then on.
const RARE: Duration = Duration::from_secs(1);
/// The longest time between attempts to end sessions that remain. Each attempt is a row of the journal.
const LONGEST: Duration = Duration::from_secs(5);

/// When sessions ended last at a server, and how often without a longer pause.
#[derive(Debug, Default)]
pub(super) struct Pace(Cell<Option<(Instant, u32)>>);

impl Pace {
    /// Notes that sessions ended.
    pub(super) fn ended(&self, now: Instant) {
        let before = self.0.get().filter(|(at, _)| now.saturating_duration_since(*at) < ALERT);
        let count = before.map_or(0, |(_, count)| count).saturating_add(1);
        self.0.set(Some((now, count)));
    }

    /// Returns the time until the next listing.
    pub(super) fn interval(&self, now: Instant) -> Duration {
        match self.0.get() {
            Some((at, count)) if now.saturating_duration_since(at) < ALERT => match count {
                0..MANY => WITHOUT_PAUSE,
                _ => RARE,
            },
            _ => CALM,
        }
    }
}

/// The attempts of a hold at a server since the last one that ended a session.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attempts {
    failures: u32,
    next: Option<Instant>,
}

impl Attempts {
    /// Whether no attempt has failed since the last success.
    pub(super) const fn has_succeeded(self) -> bool {
        self.failures == 0
    }

    /// When the next attempt is.
    pub(super) const fn next(self) -> Option<Instant> {
        self.next
    }

    pub(super) fn is_due(self, now: Instant) -> bool {
        self.next.is_none_or(|next| next <= now)
    }

    /// Returns the state after another attempt.
    pub(super) fn after(self, is_success: bool, now: Instant) -> Self {
        if is_success {
            return Self::default();
        }
        let failures = self.failures.saturating_add(1);
        let pause = CALM.saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX)).min(LONGEST);
        Self { failures, next: now.checked_add(pause) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let a client that reconnects in a loop work in between.
    #[test]
    fn a_server_is_listed_without_a_pause_after_an_ending() {
        let (pace, now) = (Pace::default(), Instant::now());
        let at = |seconds: u64| now + Duration::from_secs(seconds);
        assert_eq!(pace.interval(now), CALM);
        pace.ended(now);
        assert_eq!((pace.interval(at(1)), pace.interval(at(31))), (WITHOUT_PAUSE, CALM));
    }

    /// A failure here would fill the disk with the journal while a client reconnects in a loop, or let it in for longer for ever.
    #[test]
    fn a_client_in_a_loop_is_listed_more_rarely_after_a_thousand_endings() {
        let (pace, now) = (Pace::default(), Instant::now());
        (1..MANY).for_each(|_| pace.ended(now));
        assert_eq!(pace.interval(now), WITHOUT_PAUSE);
        pace.ended(now);
        assert_eq!(pace.interval(now), RARE);
        pace.ended(now + ALERT);
        assert_eq!(pace.interval(now + ALERT), WITHOUT_PAUSE, "the client was away");
    }

    /// A failure here would ask a server that refuses to end a session, and write into the journal, five times a second for
    /// hours; or never try again.
    #[test]
    fn sessions_that_remain_are_ended_after_longer_and_longer_pauses() {
        let now = Instant::now();
        let mut attempts = Attempts::default();
        assert!(attempts.is_due(now));
        let pauses: Vec<Duration> = (0..40)
            .map(|_| {
                attempts = attempts.after(false, now);
                attempts.next().unwrap().saturating_duration_since(now)
            })
            .collect();
        assert!(pauses.is_sorted() && pauses[0] == 2 * CALM && pauses[39] == LONGEST, "{pauses:?}");
        assert!(!attempts.is_due(now) && attempts.is_due(now + LONGEST));
        assert!(attempts.after(true, now).has_succeeded());
    }
}
