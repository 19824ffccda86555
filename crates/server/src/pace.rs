//! [`Pace`]: how long a connection works at a frame before it pauses.

use std::time::{Duration, Instant};

/// How long a thread of the runtime may work at the requests of one frame.
const LIGHT: Duration = Duration::from_millis(1);
/// How long a thread for slow work works at the requests of one frame before others have their turn.
const SLICE: Duration = Duration::from_millis(50);

/// How long a connection may work at the requests of a frame. A pause comes between two requests, so that each call gets
/// at least one of them done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Whether a request may do work that can take long.
    pub(crate) may_be_slow: bool,
    until: Option<Instant>,
}

impl Pace {
    /// Without a pause.
    pub(crate) const UNLIMITED: Self = Self { may_be_slow: true, until: None };

    /// For a thread that serves other clients, too.
    #[must_use]
    pub(crate) fn light() -> Self {
        Self { may_be_slow: false, until: Instant::now().checked_add(LIGHT) }
    }

    /// For a thread that does slow work, from now on.
    #[must_use]
    pub(crate) fn slow() -> Self {
        Self { may_be_slow: true, until: Instant::now().checked_add(SLICE) }
    }

    /// Returns whether it is time to pause.
    #[must_use]
    pub(crate) fn is_over(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() > until)
    }
}
