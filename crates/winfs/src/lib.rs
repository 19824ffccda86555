//! As much of `rustix` as the embedded server uses, for Windows: the server's source is the same on every system.
//!
//! A file is opened relative to the handle of an open folder (`NtCreateFile`, by the crate `cap-std`), and never through a
//! reparse point: a junction or a symbolic link is refused. Windows has no such call for renaming, linking and deleting. For
//! these, `fs` holds the folder open without sharing its deletion, so that nobody can replace it or a folder above it, checks
//! that its path still leads to the same folder, and uses that path.
#![cfg(windows)]
#![forbid(unsafe_code)]

pub mod fd;
mod file_ext;
pub mod fs;
mod held;
pub mod io;
pub mod process;

pub use file_ext::FileExt;
