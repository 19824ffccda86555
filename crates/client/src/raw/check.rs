//! The checks with which the calls begin, before the library sends anything.
//!
//! ```
//! use netsession::{Error, Win32Error, raw::check};
//!
//! let error = check::session_del(None, None).unwrap_err();
//! assert!(matches!(error, Error::Parameter { .. }));
//! assert_eq!(error.win32(), Win32Error::ERROR_INVALID_PARAMETER);
//! ```

pub use crate::ops::session_del::check as session_del;
pub use crate::ops::session_enum::check as session_enum;
