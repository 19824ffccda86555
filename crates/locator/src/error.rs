use std::io;

use netsession_wire::Win32Error;

/// Why no domain controller was found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocateError {
    /// Flags that exclude each other, or unknown flags.
    #[error("these flags of DsGetDcName are unknown or exclude each other: {0:#010x}")]
    InvalidFlags(u32),
    /// The name is no DNS name, or no NetBIOS name where the flags require one.
    #[error("{0:?} is not the name of a domain")]
    InvalidDomainName(String),
    /// No name was given, and `/etc/resolv.conf` names no domain.
    #[error("no domain is named, and /etc/resolv.conf has no search domain")]
    NoDomain,
    /// DNS has no records for the domain, or no controller with the required roles answered.
    #[error("no domain controller of {domain} found: {why}")]
    NotFound {
        /// The domain.
        domain: String,
        /// The reason.
        why: &'static str,
    },
    /// No nameserver answered.
    #[error("no nameserver answered: {0}")]
    Dns(#[source] io::Error),
    /// This computer cannot send a ping.
    #[error("cannot ping the domain controllers: {0}")]
    Ping(#[source] io::Error),
}

impl LocateError {
    /// Returns the code that Windows returns.
    #[must_use]
    pub const fn win32(&self) -> Win32Error {
        match self {
            Self::InvalidFlags(_) => Win32Error(1004),
            Self::InvalidDomainName(_) => Win32Error(1212),
            Self::NoDomain | Self::NotFound { .. } | Self::Dns(_) | Self::Ping(_) => Win32Error(1355),
        }
    }
}
