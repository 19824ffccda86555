//! [`Effort`]: how much a request may do now, and whether it should continue.

use std::sync::atomic::{AtomicBool, Ordering};

use netsession_wire::NtStatus;

/// How much a request may do now. Work that can take long asks it first, and again while it runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort<'a> {
    may_be_slow: bool,
    stops: &'a [&'a AtomicBool],
}

impl<'a> Effort<'a> {
    /// As much as it takes.
    pub(crate) const UNLIMITED: Effort<'static> = Effort { may_be_slow: true, stops: &[] };

    /// Creates an effort that ends when one of `stops` is set. If `may_be_slow` is false, work that can take long must
    /// wait for another thread.
    #[must_use]
    pub(crate) const fn new(may_be_slow: bool, stops: &'a [&'a AtomicBool]) -> Self {
        Self { may_be_slow, stops }
    }

    /// Checks that the request may do work that can take long. Call it before that work, and before any effect.
    ///
    /// # Errors
    /// `STATUS_CANT_WAIT` if this thread must not do such work.
    pub(crate) const fn check_slow_allowed(&self) -> Result<(), NtStatus> {
        if self.may_be_slow { Ok(()) } else { Err(NtStatus::CANT_WAIT) }
    }

    /// Checks whether the work should continue. Call it in every loop whose length a client decides.
    ///
    /// # Errors
    /// `STATUS_CANCELLED` if the connection, the session or the open has ended meanwhile.
    pub(crate) fn check_running(&self) -> Result<(), NtStatus> {
        match self.stops.iter().any(|stop| stop.load(Ordering::Relaxed)) {
            true => Err(NtStatus::CANCELLED),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A failure here would let a request continue for a disconnected client, or let slow work block a thread of the
    /// runtime.
    #[test]
    fn an_effort_ends_with_its_stop_flags() {
        let (connection, session) = (AtomicBool::new(false), AtomicBool::new(false));
        let stops = [&connection, &session];
        let effort = Effort::new(false, &stops);
        assert_eq!((effort.check_slow_allowed(), effort.check_running()), (Err(NtStatus::CANT_WAIT), Ok(())));
        session.store(true, Ordering::Relaxed);
        assert_eq!(effort.check_running(), Err(NtStatus::CANCELLED));
        assert_eq!(
            (Effort::UNLIMITED.check_slow_allowed(), Effort::UNLIMITED.check_running()),
            (Ok(()), Ok(()))
        );
    }
}
