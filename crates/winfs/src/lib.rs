//! The file system of Windows, without unsafe code.
//!
//! This crate has the part of `rustix` that the embedded server uses, so that the source of the server is the same on every system.
//! It opens a file relative to the handle of an open folder (`NtCreateFile`, by the crate `cap-std`), and never through a
//! reparse point: it refuses a junction or a symbolic link. Windows has no such call for renaming, linking and deleting. For
//! these, `fs` holds the folder open without sharing its deletion, so that nobody can replace it or a folder above it, checks
//! that its path still leads to the same folder, and uses that path.
//!
//! [`access`] lists the accounts, other than the user, that can read or change a file.
#![forbid(unsafe_code)]

pub mod access;
#[cfg(windows)]
pub mod fd;
#[cfg(windows)]
mod file_ext;
#[cfg(windows)]
pub mod fs;
#[cfg(windows)]
mod held;
#[cfg(windows)]
pub mod io;
#[cfg(windows)]
pub mod process;
#[cfg(all(test, windows))]
mod tests;

#[cfg(windows)]
pub use file_ext::FileExt;
