use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::Win32Error;

/// Why an observer refuses a change: a code and a typed reason.
///
/// ```
/// use netsession::{Refusal, Win32Error};
///
/// let full = std::io::Error::other("the journal is full");
/// let refusal = Refusal::new(Win32Error::ERROR_ACCESS_DENIED, full);
/// assert_eq!(refusal.to_string(), "the journal is full");
/// assert!(refusal.reason().downcast_ref::<std::io::Error>().is_some());
/// ```
#[derive(Debug, Clone)]
pub struct Refusal {
    code: Win32Error,
    reason: Arc<dyn StdError + Send + Sync>,
}

impl Refusal {
    /// Makes a refusal for which Windows' functions would return `code`. The reason may be a text or an error.
    pub fn new(code: Win32Error, reason: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { code, reason: Arc::from(reason.into()) }
    }

    /// Returns the code that Windows' functions would return.
    #[must_use]
    pub const fn code(&self) -> Win32Error {
        self.code
    }

    /// Returns the reason, which you can downcast to its type.
    #[must_use]
    pub fn reason(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.reason
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}
