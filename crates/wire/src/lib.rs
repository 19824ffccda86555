//! The base of every codec of netsession: cursors, GUIDs, UTF-16 text, the comparison of names, and the status codes of
//! [MS-ERREF].
//!
//! A [`Reader`] and a [`Writer`] read and write little-endian fields. They compare a length with the available bytes
//! before they allocate memory, and a [`DecodeError`] names the field that they could not read. [`open_enum!`] declares
//! an enumeration that keeps unknown values as numbers.
//!
//! ```
//! use netsession_wire::{DecodeError, NtStatus, Reader, Writer};
//!
//! let mut writer = Writer::new();
//! writer.u32(NtStatus::ACCESS_DENIED.0);
//! let bytes = writer.finish();
//!
//! let mut reader = Reader::new(&bytes);
//! assert_eq!(NtStatus(reader.u32("Status")?), NtStatus::ACCESS_DENIED);
//! assert!(matches!(reader.u8("Reserved"), Err(DecodeError::Truncated { what: "Reserved", .. })));
//! # Ok::<(), DecodeError>(())
//! ```
#![forbid(unsafe_code)]

mod error;
mod guid;
pub mod name;
mod open_enum;
mod reader;
pub mod status;
pub mod utf16;
pub mod wide;
mod writer;

pub use error::DecodeError;
pub use guid::Guid;
pub use reader::Reader;
pub use status::{NtStatus, Win32Error};
pub use writer::Writer;

/// The programs in the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
