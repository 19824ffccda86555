use std::fmt;
use std::time::SystemTime;

use netsession_smb::fscc::FileTime;
use netsession_smb::msg::fsctl::NetworkInterface;

/// Where time, random bytes and the computer's addresses come from, so that a test can say what they are.
pub(crate) struct Environment {
    now: Box<dyn Fn() -> FileTime + Send + Sync>,
    random: Box<Random>,
    interfaces: Box<Interfaces>,
}

/// Fills bytes from a random generator.
type Random = dyn Fn(&mut [u8]) + Send + Sync;
/// Lists where the server can be reached.
type Interfaces = dyn Fn() -> Vec<NetworkInterface> + Send + Sync;

impl Environment {
    /// The system's clock and `random` for random bytes.
    #[must_use]
    pub(crate) fn system(random: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self::new(|| FileTime::from_system(SystemTime::now()), random)
    }

    /// Any clock and any random bytes.
    #[must_use]
    pub(crate) fn new(
        now: impl Fn() -> FileTime + Send + Sync + 'static,
        random: impl Fn(&mut [u8]) + Send + Sync + 'static,
    ) -> Self {
        Self { now: Box::new(now), random: Box::new(random), interfaces: Box::new(Vec::new) }
    }

    /// With what clients are told when they ask where else the server can be reached; nowhere without this.
    #[must_use]
    pub(crate) fn with_interfaces(
        mut self,
        interfaces: impl Fn() -> Vec<NetworkInterface> + Send + Sync + 'static,
    ) -> Self {
        self.interfaces = Box::new(interfaces);
        self
    }

    /// Where the server can be reached now.
    #[must_use]
    pub(crate) fn interfaces(&self) -> Vec<NetworkInterface> {
        (self.interfaces)()
    }

    /// The time.
    #[must_use]
    pub(crate) fn now(&self) -> FileTime {
        (self.now)()
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
