use std::fmt;

use super::{AuthError, RandomUnavailable};

/// Fills all of a buffer with bytes from a cryptographic random generator.
type Fill<'a> = dyn FnMut(&mut [u8]) -> Result<(), RandomUnavailable> + 'a;

/// The time and the random bytes that one step of an authentication uses.
///
/// Nothing in this crate reads a clock or draws random numbers, so that a test can repeat an exchange.
pub struct Inputs<'a> {
    filetime: u64,
    random: &'a mut Fill<'a>,
}

impl<'a> Inputs<'a> {
    /// Supplies `filetime`, the time in units of 100 ns since 1601-01-01 UTC ([MS-DTYP] 2.3.3), and `random`,
    /// which fills a buffer of any length from a cryptographic random generator.
    #[must_use]
    pub fn new(
        filetime: u64,
        random: &'a mut (dyn FnMut(&mut [u8]) -> Result<(), RandomUnavailable> + 'a),
    ) -> Self {
        Self { filetime, random }
    }

    /// Returns the time as FILETIME.
    #[must_use]
    pub const fn filetime(&self) -> u64 {
        self.filetime
    }

    /// Fills `bytes` with random ones.
    ///
    /// # Errors
    /// [`AuthError::RandomUnavailable`].
    pub fn fill(&mut self, bytes: &mut [u8]) -> Result<(), AuthError> {
        (self.random)(bytes).map_err(AuthError::RandomUnavailable)
    }

    /// Returns `N` random bytes.
    ///
    /// # Errors
    /// [`AuthError::RandomUnavailable`].
    pub fn random<const N: usize>(&mut self) -> Result<[u8; N], AuthError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
}

impl fmt::Debug for Inputs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inputs").field("filetime", &self.filetime).finish_non_exhaustive()
    }
}
