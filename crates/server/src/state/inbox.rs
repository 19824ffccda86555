use std::fmt;
use std::sync::{Mutex, PoisonError};

use netsession_smb::msg::{LeaseBreakNotification, OplockLevel, SessionId};

use super::OpenNumber;

/// Something that a connection must act on. Nothing outside of tests can compare signals, so no inbox can be searched for one:
/// that would take longer for each signal that waits, while the sender has the table of open files locked.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(any(test, feature = "testing"), derive(PartialEq, Eq))]
pub(crate) enum Signal {
    /// The server ended one of its sessions.
    SessionEnded(SessionId),
    /// The client logged off one of its sessions on another connection.
    SessionLoggedOff(SessionId),
    /// The client must give up the oplock of one of its opens, of which this level is left.
    OplockBreak(SessionId, OpenNumber, OplockLevel),
    /// The client must give up caching by a lease, which an open of this session has.
    LeaseBreak(SessionId, LeaseBreakNotification),
    /// Something may have happened for which one of its requests waits.
    Poll,
}

/// The most signals that wait. A client that reads so little does not learn of further breaks; the server does not wait for it
/// longer than for others.
const MOST: usize = 1 << 17;

/// The signals that other connections send to a connection.
pub(crate) struct Inbox {
    signals: Mutex<Signals>,
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Debug, Default)]
struct Signals {
    /// Without [`Signal::Poll`].
    list: Vec<Signal>,
    must_poll: bool,
}

impl Inbox {
    /// Creates an empty inbox that calls `wake` after each signal, on any thread.
    #[must_use]
    pub(crate) fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { signals: Mutex::default(), wake: Box::new(wake) }
    }

    /// Adds a signal. One [`Signal::Poll`] is enough, however many there are.
    ///
    /// One request can break the leases of all files below a folder, so the time must not depend on the number of signals.
    pub(crate) fn send(&self, signal: Signal) {
        let mut signals = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
        match signal {
            Signal::Poll => signals.must_poll = true,
            Signal::OplockBreak(..) | Signal::LeaseBreak(..) if signals.list.len() >= MOST => {}
            other => signals.list.push(other),
        }
        drop(signals);
        (self.wake)();
    }

    /// Removes and returns all signals.
    pub(crate) fn take(&self) -> Vec<Signal> {
        let signals = std::mem::take(&mut *self.signals.lock().unwrap_or_else(PoisonError::into_inner));
        let poll = signals.must_poll.then_some(Signal::Poll);
        signals.list.into_iter().chain(poll).collect()
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("signals", &self.signals).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A failure here would let a client that reads nothing take all memory, or would lose the end of its session.
    #[test]
    fn many_signals_take_a_limited_space() {
        let woken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&woken);
        let inbox = Inbox::new(move || _ = counter.fetch_add(1, Ordering::Relaxed));
        for number in 0..100_000 {
            inbox.send(Signal::Poll);
            inbox.send(Signal::OplockBreak(SessionId(1), OpenNumber(number), OplockLevel::NONE));
        }
        let signals = inbox.take();
        assert_eq!((signals.len(), signals.last()), (100_001, Some(&Signal::Poll)), "one poll is enough");
        assert_eq!((inbox.take(), woken.load(Ordering::Relaxed)), (Vec::new(), 200_000));
        for number in 0..200_000 {
            inbox.send(Signal::OplockBreak(SessionId(1), OpenNumber(number), OplockLevel::NONE));
        }
        inbox.send(Signal::SessionEnded(SessionId(1)));
        let signals = inbox.take();
        assert_eq!((signals.len(), signals.last()), (MOST + 1, Some(&Signal::SessionEnded(SessionId(1)))));
    }
}
