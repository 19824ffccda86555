//! The embedded SMB3 file server.
#![forbid(unsafe_code)]

pub mod fs;
