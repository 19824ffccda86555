//! Credits and message ids ([MS-SMB2] 3.2.4.1.2, 3.2.4.1.3, 3.2.4.1.5, 3.2.4.1.6).

/// Credits that the client asks to hold: enough for a few requests of a megabyte each at once.
const TARGET: u64 = 64;

/// Bytes that one credit pays for (3.1.5.2).
pub(super) const BYTES_PER_CREDIT: u32 = 65_536;

/// `Connection.SequenceWindow`: the message ids that may be used, each once, lowest first.
///
/// Credits append ids, and requests take ids from the front, so the set is a range.
#[derive(Debug)]
pub(super) struct SequenceWindow {
    next: u64,
    end: u64,
}

impl SequenceWindow {
    /// The window of a new connection: message id 0.
    pub(super) const fn new() -> Self {
        Self { next: 0, end: 1 }
    }

    /// Returns the credits that the client holds.
    pub(super) const fn available(&self) -> u64 {
        self.end - self.next
    }

    /// Takes `charge` consecutive ids (a charge of 0 uses one) and returns the first of them.
    pub(super) const fn take(&mut self, charge: u16) -> Option<u64> {
        let ids = if charge == 0 { 1 } else { charge as u64 };
        if ids > self.available() {
            return None;
        }
        let first = self.next;
        self.next += ids;
        Some(first)
    }

    /// Adds the ids that a response granted. The client cannot use the last id: it marks messages that answer no
    /// request.
    pub(super) const fn grant(&mut self, credits: u16) {
        let end = self.end.saturating_add(credits as u64);
        self.end = if end == u64::MAX { u64::MAX - 1 } else { end };
    }

    /// Returns the credits that a request with this `charge` asks for: its own credits back, and more while the window
    /// is below its target.
    pub(super) fn request(&self, charge: u16) -> u16 {
        let missing = TARGET.saturating_sub(self.available());
        u16::try_from(missing).unwrap_or(u16::MAX).max(charge).max(1)
    }
}

/// Returns the charge for a request that sends `sends` bytes and expects up to `expects` (3.1.5.2).
pub(super) fn charge(sends: usize, expects: u32) -> u16 {
    let sends = u32::try_from(sends).unwrap_or(u32::MAX);
    let credits = sends.max(expects).saturating_sub(1) / BYTES_PER_CREDIT + 1;
    u16::try_from(credits).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A failure here would pay twice for a request of exactly one credit's size, or too little for a large one,
    /// which a server answers with STATUS_INVALID_PARAMETER.
    #[test]
    fn charges_follow_the_formula() {
        assert_eq!(charge(0, 0), 1);
        assert_eq!(charge(1, 65_536), 1);
        assert_eq!(charge(65_537, 1), 2);
        assert_eq!(charge(0, 1 << 20), 16);
    }

    proptest! {
        /// A failure here would use a message id twice, or without a credit for it.
        #[test]
        fn ids_are_used_once_and_only_when_granted(steps in prop::collection::vec((0u16..40, 0u16..20), 0..60)) {
            let mut window = SequenceWindow::new();
            let (mut granted, mut used) = (1u64, 0u64);
            for (grant, charge) in steps {
                window.grant(grant);
                granted += u64::from(grant);
                let ids = u64::from(charge.max(1));
                match window.take(charge) {
                    Some(first) => {
                        prop_assert_eq!(first, used);
                        used += ids;
                    }
                    None => prop_assert!(granted - used < ids),
                }
                prop_assert_eq!(window.available(), granted - used);
            }
        }
    }
}
