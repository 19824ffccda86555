//! The structures of open files.
#![allow(non_camel_case_types)]

use netsession::raw::FileInfo;

use super::{Record, Tail};
use crate::wchar::WCHAR;

/// An open file, level 2: its number.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FILE_INFO_2 {
    /// The number that closes the file. All 32 bits are significant.
    pub fi2_id: u32,
}

/// An open file, level 3.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FILE_INFO_3 {
    /// The number that closes the file. All 32 bits are significant.
    pub fi3_id: u32,
    /// The access with which the user opened it: `PERM_FILE_READ`, `PERM_FILE_WRITE`, `PERM_FILE_CREATE`.
    pub fi3_permissions: u32,
    /// The number of locks on it.
    pub fi3_num_locks: u32,
    /// The server's own path of the file.
    pub fi3_pathname: *mut WCHAR,
    /// The user who opened it.
    pub fi3_username: *mut WCHAR,
}

impl Record for FILE_INFO_2 {
    type Info = FileInfo;

    fn of(info: &FileInfo, _: &mut Tail<'_>) -> Self {
        Self { fi2_id: info.id.0 }
    }
}

impl Record for FILE_INFO_3 {
    type Info = FileInfo;

    fn of(info: &FileInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            fi3_id: info.id.0,
            fi3_permissions: info.permissions.unwrap_or_default().bits(),
            fi3_num_locks: info.num_locks.unwrap_or_default(),
            fi3_pathname: tail.text(info.pathname.as_deref()),
            fi3_username: tail.text(info.username.as_deref()),
        }
    }
}
