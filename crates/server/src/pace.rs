//! [`Pace`]: how long a connection works on a frame before it pauses, and how long each request may take.

use std::time::{Duration, Instant};

/// How long a thread of the runtime may work on the requests of one frame.
const LIGHT: Duration = Duration::from_millis(1);
/// How long a connection in a place for slow work may work on the requests of one frame before others have their turn.
const SLICE: Duration = Duration::from_millis(50);

/// How long a request can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// Well below a millisecond.
    Light,
    /// Milliseconds, because the client moves much data.
    Bulky,
    /// Seconds or more: the work must stop when the client disconnects.
    Slow,
}

/// How long a connection may work on the requests of a frame. It pauses between two requests, so each call carries out
/// at least one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// The heaviest request that the connection may carry out.
    pub(crate) heaviest: Weight,
    until: Option<Instant>,
}

impl Pace {
    /// Without a pause.
    pub(crate) const UNLIMITED: Self = Self { heaviest: Weight::Slow, until: None };

    /// For a thread that serves other clients, too.
    #[must_use]
    pub(crate) fn light() -> Self {
        Self { heaviest: Weight::Light, until: Instant::now().checked_add(LIGHT) }
    }

    /// For a connection that has a place for slow work, starting now.
    #[must_use]
    pub(crate) fn with_place(heaviest: Weight) -> Self {
        Self { heaviest, until: Instant::now().checked_add(SLICE) }
    }

    /// Returns whether a request may do work that takes long.
    #[must_use]
    pub(crate) fn may_be_slow(&self) -> bool {
        self.heaviest == Weight::Slow
    }

    /// Pauses before each request that follows another one.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub(crate) fn one_at_a_time(heaviest: Weight) -> Self {
        Self { heaviest, until: Instant::now().checked_sub(SLICE) }
    }

    /// Returns whether it is time to pause.
    #[must_use]
    pub(crate) fn is_over(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() > until)
    }
}
