use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use netsession_smb::fscc::FileTime;
use netsession_smb::msg::fsctl::NetworkInterface;

/// A moment, by both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// The time of day, which people and clients see.
    pub(crate) time: FileTime,
    /// The server's uptime, from which durations are computed.
    pub(crate) uptime: Duration,
}

/// The source of time, random bytes and the computer's addresses, which a test can replace.
pub(crate) struct Environment {
    now: Box<dyn Fn() -> FileTime + Send + Sync>,
    uptime: Box<dyn Fn() -> Duration + Send + Sync>,
    random: Box<Random>,
    interfaces: Box<Interfaces>,
}

/// Fills bytes from a random generator.
type Random = dyn Fn(&mut [u8]) + Send + Sync;
/// Lists the addresses that reach the server.
type Interfaces = dyn Fn() -> Vec<NetworkInterface> + Send + Sync;

impl Environment {
    /// Uses the system's clock, and `random` for random bytes.
    #[must_use]
    pub(crate) fn system(random: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self::new(|| FileTime::from_system(SystemTime::now()), random)
    }

    /// Uses the given clock and source of random bytes.
    #[must_use]
    pub(crate) fn new(
        now: impl Fn() -> FileTime + Send + Sync + 'static,
        random: impl Fn(&mut [u8]) + Send + Sync + 'static,
    ) -> Self {
        let began = Instant::now();
        Self {
            now: Box::new(now),
            uptime: Box::new(move || began.elapsed()),
            random: Box::new(random),
            interfaces: Box::new(Vec::new),
        }
    }

    /// Uses the given clock for delays; the default is the system's monotonic clock.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub(crate) fn with_uptime(mut self, uptime: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.uptime = Box::new(uptime);
        self
    }

    /// Sets the addresses that FSCTL_QUERY_NETWORK_INTERFACE_INFO returns; the default is none.
    #[must_use]
    pub(crate) fn with_interfaces(
        mut self,
        interfaces: impl Fn() -> Vec<NetworkInterface> + Send + Sync + 'static,
    ) -> Self {
        self.interfaces = Box::new(interfaces);
        self
    }

    /// Returns the addresses that reach the server now.
    #[must_use]
    pub(crate) fn interfaces(&self) -> Vec<NetworkInterface> {
        (self.interfaces)()
    }

    /// Returns the time since the start of the server, which setting the clock does not change. The server measures
    /// every delay, deadline and duration by it.
    #[must_use]
    pub(crate) fn uptime(&self) -> Duration {
        (self.uptime)()
    }

    /// Returns the current time, for stamps that clients see.
    #[must_use]
    pub(crate) fn now(&self) -> FileTime {
        (self.now)()
    }

    /// Returns the current time and uptime.
    #[must_use]
    pub(crate) fn moment(&self) -> Moment {
        Moment { time: self.now(), uptime: self.uptime() }
    }

    /// Fills `bytes` from a cryptographic random generator.
    pub(crate) fn random(&self, bytes: &mut [u8]) {
        (self.random)(bytes);
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").finish_non_exhaustive()
    }
}

/// A time before the protocol's first one counts as the first.
pub(super) fn system_time(time: FileTime) -> SystemTime {
    time.to_system().unwrap_or(SystemTime::UNIX_EPOCH)
}
