//! The structures of the workstation service, and a text alone.
#![allow(non_camel_case_types)]

use netsession::raw::{WkstaInfo, WkstaUserInfo};

use super::{Record, Tail};
use crate::wchar::WCHAR;

/// A computer, level 100.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct WKSTA_INFO_100 {
    /// The platform: `PLATFORM_ID_NT` and others.
    pub wki100_platform_id: u32,
    /// Its name.
    pub wki100_computername: *mut WCHAR,
    /// Its domain or workgroup.
    pub wki100_langroup: *mut WCHAR,
    /// The system's major version.
    pub wki100_ver_major: u32,
    /// The system's minor version.
    pub wki100_ver_minor: u32,
}

/// A computer, level 101.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct WKSTA_INFO_101 {
    /// The platform: `PLATFORM_ID_NT` and others.
    pub wki101_platform_id: u32,
    /// Its name.
    pub wki101_computername: *mut WCHAR,
    /// Its domain or workgroup.
    pub wki101_langroup: *mut WCHAR,
    /// The system's major version.
    pub wki101_ver_major: u32,
    /// The system's minor version.
    pub wki101_ver_minor: u32,
    /// Not used.
    pub wki101_lanroot: *mut WCHAR,
}

/// A computer, level 102, for administrators.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct WKSTA_INFO_102 {
    /// The platform: `PLATFORM_ID_NT` and others.
    pub wki102_platform_id: u32,
    /// Its name.
    pub wki102_computername: *mut WCHAR,
    /// Its domain or workgroup.
    pub wki102_langroup: *mut WCHAR,
    /// The system's major version.
    pub wki102_ver_major: u32,
    /// The system's minor version.
    pub wki102_ver_minor: u32,
    /// Not used.
    pub wki102_lanroot: *mut WCHAR,
    /// The number of users who are logged on.
    pub wki102_logged_on_users: u32,
}

/// A user who is logged on, level 0.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct WKSTA_USER_INFO_0 {
    /// The user.
    pub wkui0_username: *mut WCHAR,
}

/// A user who is logged on, level 1.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct WKSTA_USER_INFO_1 {
    /// The user.
    pub wkui1_username: *mut WCHAR,
    /// The user's domain.
    pub wkui1_logon_domain: *mut WCHAR,
    /// Other domains of the computer.
    pub wkui1_oth_domains: *mut WCHAR,
    /// The computer that checked the logon.
    pub wkui1_logon_server: *mut WCHAR,
}

/// No structure: a buffer with a text alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text;

impl Record for Text {
    type Info = String;

    fn of(text: &String, tail: &mut Tail<'_>) -> Self {
        tail.text(Some(text));
        Self
    }
}

impl Record for WKSTA_INFO_100 {
    type Info = WkstaInfo;

    fn of(info: &WkstaInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            wki100_platform_id: info.platform_id,
            wki100_computername: tail.text(info.computername.as_deref()),
            wki100_langroup: tail.text(info.langroup.as_deref()),
            wki100_ver_major: info.ver_major,
            wki100_ver_minor: info.ver_minor,
        }
    }
}

impl Record for WKSTA_INFO_101 {
    type Info = WkstaInfo;

    fn of(info: &WkstaInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            wki101_platform_id: info.platform_id,
            wki101_computername: tail.text(info.computername.as_deref()),
            wki101_langroup: tail.text(info.langroup.as_deref()),
            wki101_ver_major: info.ver_major,
            wki101_ver_minor: info.ver_minor,
            wki101_lanroot: tail.text(info.lanroot.as_deref()),
        }
    }
}

impl Record for WKSTA_INFO_102 {
    type Info = WkstaInfo;

    fn of(info: &WkstaInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            wki102_platform_id: info.platform_id,
            wki102_computername: tail.text(info.computername.as_deref()),
            wki102_langroup: tail.text(info.langroup.as_deref()),
            wki102_ver_major: info.ver_major,
            wki102_ver_minor: info.ver_minor,
            wki102_lanroot: tail.text(info.lanroot.as_deref()),
            wki102_logged_on_users: info.logged_on_users.unwrap_or_default(),
        }
    }
}

impl Record for WKSTA_USER_INFO_0 {
    type Info = WkstaUserInfo;

    fn of(info: &WkstaUserInfo, tail: &mut Tail<'_>) -> Self {
        Self { wkui0_username: tail.text(info.username.as_deref()) }
    }
}

impl Record for WKSTA_USER_INFO_1 {
    type Info = WkstaUserInfo;

    fn of(info: &WkstaUserInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            wkui1_username: tail.text(info.username.as_deref()),
            wkui1_logon_domain: tail.text(info.logon_domain.as_deref()),
            wkui1_oth_domains: tail.text(info.oth_domains.as_deref()),
            wkui1_logon_server: tail.text(info.logon_server.as_deref()),
        }
    }
}
