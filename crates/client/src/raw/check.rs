//! The checks with which the calls begin, before anything is sent.

pub use crate::ops::session_del::check as session_del;
pub use crate::ops::session_enum::check as session_enum;
