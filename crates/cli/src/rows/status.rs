//! [`Status`]: a Win32 status in JSON.

use netsession::Win32Error;
use serde::Serialize;

/// The code and the name of a status.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    pub(crate) code: u32,
    pub(crate) name: String,
}

impl From<Win32Error> for Status {
    fn from(code: Win32Error) -> Status {
        Status { code: code.0, name: code.symbol() }
    }
}
