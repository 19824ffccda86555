use std::collections::BTreeSet;

/// The message numbers that a client may use, one for each credit ([MS-SMB2] 3.3.1.1, 3.3.1.2).
#[derive(Debug, Clone)]
pub(super) struct Window {
    /// The first unused number.
    low: u64,
    /// The first number that the server has not granted.
    high: u64,
    /// The used numbers above `low`.
    used: BTreeSet<u64>,
    limit: u64,
}

impl Window {
    /// Returns a window with one credit, for the negotiation.
    pub(super) fn new(max_credits: u16) -> Self {
        Self { low: 0, high: 1, used: BTreeSet::new(), limit: u64::from(max_credits).max(1) }
    }

    /// Uses `charge` numbers from `first` on; returns false if the client has used one of them before, or the server
    /// never granted it.
    pub(super) fn take(&mut self, first: u64, charge: u16) -> bool {
        let Some(end) = first.checked_add(u64::from(charge.max(1))) else { return false };
        if first < self.low || end > self.high || self.used.range(first..end).next().is_some() {
            return false;
        }
        self.used.extend(first..end);
        while self.used.remove(&self.low) {
            self.low = self.low.saturating_add(1);
        }
        true
    }

    /// Grants the requested credits up to the limit, and at least one if none would be left.
    pub(super) fn grant(&mut self, asked: u16) -> u16 {
        let unused = self.high.saturating_sub(self.low);
        let used = u64::try_from(self.used.len()).unwrap_or(u64::MAX);
        let left = unused.saturating_sub(used);
        let room = self.limit.saturating_sub(left);
        // If a client never uses one number, the window does not grow forever.
        let stretch = self.limit.saturating_mul(2).saturating_sub(unused);
        let most = room.min(stretch);
        let granted = u64::from(asked.max(1)).min(most).max(u64::from(left == 0));
        self.high = self.high.saturating_add(granted);
        u16::try_from(granted).unwrap_or(u16::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let an attacker replay a recorded request.
    #[test]
    fn each_number_serves_once() {
        let mut window = Window::new(8);
        assert!(window.take(0, 1) && !window.take(0, 1) && !window.take(1, 1), "not granted yet");
        assert_eq!(window.grant(4), 4);
        assert!(window.take(3, 2) && !window.take(4, 1) && !window.take(2, 2));
        assert!(window.take(1, 1) && window.take(2, 1) && !window.take(2, 1));
        assert!(!window.take(u64::MAX, 1) && !window.take(u64::MAX, 2));
        assert!(window.used.is_empty(), "what lies behind is forgotten");
    }

    /// A failure here would let a client grow the server's memory without limit, or leave a client without credits.
    #[test]
    fn credits_are_limited_and_never_run_out() {
        let mut window = Window::new(8);
        assert!(window.take(0, 1));
        assert_eq!(window.grant(100), 8);
        assert_eq!(window.grant(100), 0);
        for number in 2..=8 {
            assert!(window.take(number, 1));
            window.grant(8);
        }
        assert!(window.high - window.low <= 17, "number 1 is left out: {window:?}");
        let mut window = Window::new(1);
        for number in 0..100 {
            assert!(window.take(number, 1));
            assert_eq!(window.grant(0), 1);
        }
    }
}
