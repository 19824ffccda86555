//! [`Pace`]: how often to list each server of a hold.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The time from one listing to the next while nobody comes back.
pub(super) const CALM: Duration = Duration::from_millis(200);
/// After an ending: a client that reconnects in a loop is back within milliseconds. A watch makes a short pause.
const WITHOUT_PAUSE: Duration = Duration::ZERO;
/// How long to list without a pause after an ending.
const ALERT: Duration = Duration::from_secs(30);
/// The longest time between attempts to end sessions that remain. Each attempt is a row of the journal.
const LONGEST: Duration = Duration::from_secs(5);

/// What happened lately at the servers of a hold.
#[derive(Debug, Default)]
pub(super) struct Pace {
    servers: RefCell<BTreeMap<String, Lately>>,
}

#[derive(Debug, Clone, Copy)]
struct Lately {
    at: Instant,
    /// The attempts since the last one that ended a session.
    failures: u32,
}

impl Pace {
    /// Notes an attempt to end sessions. It is a success if at least one of them is gone.
    pub(super) fn note(&self, server: &str, is_success: bool, now: Instant) {
        let mut servers = self.servers.borrow_mut();
        let before = servers.get(server).map_or(0, |lately| lately.failures);
        let failures = if is_success { 0 } else { before.saturating_add(1) };
        servers.insert(server.to_owned(), Lately { at: now, failures });
    }

    /// Returns the time until the next listing.
    pub(super) fn interval(&self, server: &str, now: Instant) -> Duration {
        match self.servers.borrow().get(server) {
            Some(Lately { failures: failures @ 1.., .. }) => {
                CALM.saturating_mul(1_u32.checked_shl(*failures).unwrap_or(u32::MAX)).min(LONGEST)
            }
            Some(lately) if now.saturating_duration_since(lately.at) < ALERT => WITHOUT_PAUSE,
            _ => CALM,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let a client that reconnects in a loop work in between, or ask a server that refuses to end a
    /// session, and write into the journal, five times a second for hours.
    #[test]
    fn the_rhythm_follows_what_happened() {
        let (pace, now) = (Pace::default(), Instant::now());
        let at = |seconds: u64| now + Duration::from_secs(seconds);
        assert_eq!(pace.interval("fs1", now), CALM);
        pace.note("fs1", true, now);
        assert_eq!(pace.interval("fs1", at(1)), WITHOUT_PAUSE);
        assert_eq!((pace.interval("fs1", at(31)), pace.interval("fs2", at(1))), (CALM, CALM));
        let pauses = (0..40).map(|_| {
            pace.note("fs1", false, at(1));
            pace.interval("fs1", at(1))
        });
        let pauses: Vec<Duration> = pauses.collect();
        assert!(pauses.is_sorted() && pauses[0] == 2 * CALM && pauses[39] == LONGEST, "{pauses:?}");
        pace.note("fs1", true, at(2));
        assert_eq!(pace.interval("fs1", at(2)), WITHOUT_PAUSE);
    }
}
