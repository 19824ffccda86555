//! The structures of `NetUseAdd` and its family.
#![allow(non_camel_case_types)]

use super::{Record, Tail};
use crate::uses::Use;
use crate::wchar::WCHAR;

/// A connection, level 0.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct USE_INFO_0 {
    /// The local device; empty.
    pub ui0_local: *mut WCHAR,
    /// The share.
    pub ui0_remote: *mut WCHAR,
}

/// A connection, level 1.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct USE_INFO_1 {
    /// The local device; empty.
    pub ui1_local: *mut WCHAR,
    /// The share.
    pub ui1_remote: *mut WCHAR,
    /// The password; no call returns it.
    pub ui1_password: *mut WCHAR,
    /// The status: `USE_OK`.
    pub ui1_status: u32,
    /// The type of the share: `USE_DISKDEV` or `USE_IPC`.
    pub ui1_asg_type: u32,
    /// The number of open files; 0.
    pub ui1_refcount: u32,
    /// How often the program has made the connection.
    pub ui1_usecount: u32,
}

/// A connection, level 2.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct USE_INFO_2 {
    /// The local device; empty.
    pub ui2_local: *mut WCHAR,
    /// The share.
    pub ui2_remote: *mut WCHAR,
    /// The password; no call returns it.
    pub ui2_password: *mut WCHAR,
    /// The status: `USE_OK`.
    pub ui2_status: u32,
    /// The type of the share: `USE_DISKDEV` or `USE_IPC`.
    pub ui2_asg_type: u32,
    /// The number of open files; 0.
    pub ui2_refcount: u32,
    /// How often the program has made the connection.
    pub ui2_usecount: u32,
    /// The user.
    pub ui2_username: *mut WCHAR,
    /// The user's domain.
    pub ui2_domainname: *mut WCHAR,
}

/// A connection, level 3.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct USE_INFO_3 {
    /// The connection at level 2.
    pub ui3_ui2: USE_INFO_2,
    /// Flags: `CREATE_NO_CONNECT`.
    pub ui3_flags: u32,
}

/// Returns `USE_IPC` or `USE_DISKDEV`.
fn kind(of: &Use) -> u32 {
    if of.remote.is_ipc() { 3 } else { 0 }
}

impl Record for USE_INFO_0 {
    type Info = Use;

    fn of(info: &Use, tail: &mut Tail<'_>) -> Self {
        Self { ui0_local: tail.text(None), ui0_remote: tail.text(Some(info.name())) }
    }
}

impl Record for USE_INFO_1 {
    type Info = Use;

    fn of(info: &Use, tail: &mut Tail<'_>) -> Self {
        Self {
            ui1_local: tail.text(None),
            ui1_remote: tail.text(Some(info.name())),
            ui1_password: tail.text(None),
            ui1_status: 0,
            ui1_asg_type: kind(info),
            ui1_refcount: 0,
            ui1_usecount: info.count,
        }
    }
}

impl Record for USE_INFO_2 {
    type Info = Use;

    fn of(info: &Use, tail: &mut Tail<'_>) -> Self {
        let (user, domain) =
            info.user.as_ref().map(|(user, domain)| (user.as_str(), domain.as_deref())).unzip();
        Self {
            ui2_local: tail.text(None),
            ui2_remote: tail.text(Some(info.name())),
            ui2_password: tail.text(None),
            ui2_status: 0,
            ui2_asg_type: kind(info),
            ui2_refcount: 0,
            ui2_usecount: info.count,
            ui2_username: tail.text(user),
            ui2_domainname: tail.text(domain.flatten()),
        }
    }
}

impl Record for USE_INFO_3 {
    type Info = Use;

    fn of(info: &Use, tail: &mut Tail<'_>) -> Self {
        Self { ui3_ui2: USE_INFO_2::of(info, tail), ui3_flags: 0 }
    }
}
