//! [`Flavor`]: which implementation of Kerberos a computer has.

use std::fmt;

/// The environment variable that chooses the library: `mit`, `heimdal` or `none`. Without a value it is the first that the
/// computer has. Any other value is an error. Windows has one only. It names no file, so that it cannot make a program load
/// foreign code.
pub const LIBRARY_VARIABLE: &str = "NETSESSION_GSSAPI";

/// The implementations of Kerberos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flavor {
    /// MIT Kerberos.
    Mit,
    /// Heimdal, also Apple's.
    Heimdal,
    /// Windows's own, by its interface SSPI.
    Sspi,
}

impl fmt::Display for Flavor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mit => "MIT Kerberos",
            Self::Heimdal => "Heimdal",
            Self::Sspi => "Windows (SSPI)",
        })
    }
}
