//! What every codec of netsession shares: little-endian cursors whose lengths are checked before anything
//! is allocated, GUIDs, UTF-16 text, and the status codes of [MS-ERREF].
#![forbid(unsafe_code)]

mod error;
mod guid;
mod open_enum;
mod reader;
pub mod status;
pub mod utf16;
mod writer;

pub use error::DecodeError;
pub use guid::Guid;
pub use reader::Reader;
pub use status::{NtStatus, Win32Error};
pub use writer::Writer;
