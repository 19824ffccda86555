//! The structures of shares.
#![allow(non_camel_case_types)]

use std::ffi::c_void;

use netsession::raw::ShareInfo;

use super::{Record, Tail};
use crate::wchar::WCHAR;

/// A share, level 0: its name.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SHARE_INFO_0 {
    /// The name.
    pub shi0_netname: *mut WCHAR,
}

/// A share, level 1: name, type and comment.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SHARE_INFO_1 {
    /// The name.
    pub shi1_netname: *mut WCHAR,
    /// The type: `STYPE_…`.
    pub shi1_type: u32,
    /// The comment.
    pub shi1_remark: *mut WCHAR,
}

/// A share, level 2, for administrators.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SHARE_INFO_2 {
    /// The name.
    pub shi2_netname: *mut WCHAR,
    /// The type: `STYPE_…`.
    pub shi2_type: u32,
    /// The comment.
    pub shi2_remark: *mut WCHAR,
    /// Not used.
    pub shi2_permissions: u32,
    /// The most connections at once; `SHI_USES_UNLIMITED` for no limit.
    pub shi2_max_uses: u32,
    /// The number of connections now.
    pub shi2_current_uses: u32,
    /// The server's own path.
    pub shi2_path: *mut WCHAR,
    /// Not used.
    pub shi2_passwd: *mut WCHAR,
}

/// A share, level 502, for administrators: as [`SHARE_INFO_2`], with the security descriptor.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SHARE_INFO_502 {
    /// The name.
    pub shi502_netname: *mut WCHAR,
    /// The type: `STYPE_…`.
    pub shi502_type: u32,
    /// The comment.
    pub shi502_remark: *mut WCHAR,
    /// Not used.
    pub shi502_permissions: u32,
    /// The most connections at once; `SHI_USES_UNLIMITED` for no limit.
    pub shi502_max_uses: u32,
    /// The number of connections now.
    pub shi502_current_uses: u32,
    /// The server's own path.
    pub shi502_path: *mut WCHAR,
    /// Not used.
    pub shi502_passwd: *mut WCHAR,
    /// 0.
    pub shi502_reserved: u32,
    /// The self-relative security descriptor; NULL if the share has none.
    pub shi502_security_descriptor: *mut c_void,
}

/// A share, level 501: as [`SHARE_INFO_1`], with its properties.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SHARE_INFO_501 {
    /// The name.
    pub shi501_netname: *mut WCHAR,
    /// The type: `STYPE_…`.
    pub shi501_type: u32,
    /// The comment.
    pub shi501_remark: *mut WCHAR,
    /// The properties: `SHI1005_FLAGS_…`, `CSC_…`.
    pub shi501_flags: u32,
}

/// A share, level 503, for administrators: as [`SHARE_INFO_502`], with the name of the server.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SHARE_INFO_503 {
    /// The name.
    pub shi503_netname: *mut WCHAR,
    /// The type: `STYPE_…`.
    pub shi503_type: u32,
    /// The comment.
    pub shi503_remark: *mut WCHAR,
    /// Not used.
    pub shi503_permissions: u32,
    /// The most connections at once; `SHI_USES_UNLIMITED` for no limit.
    pub shi503_max_uses: u32,
    /// The number of connections now.
    pub shi503_current_uses: u32,
    /// The server's own path.
    pub shi503_path: *mut WCHAR,
    /// Not used.
    pub shi503_passwd: *mut WCHAR,
    /// The name of the server that has the share; `*` for every name.
    pub shi503_servername: *mut WCHAR,
    /// 0.
    pub shi503_reserved: u32,
    /// The self-relative security descriptor; NULL if the share has none.
    pub shi503_security_descriptor: *mut c_void,
}

/// A share, level 1004: its comment.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SHARE_INFO_1004 {
    /// The comment.
    pub shi1004_remark: *mut WCHAR,
}

/// A share, level 1006: its limit.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SHARE_INFO_1006 {
    /// The most connections at once; `SHI_USES_UNLIMITED` for no limit.
    pub shi1006_max_uses: u32,
}

/// A share, level 1005: its properties.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SHARE_INFO_1005 {
    /// The properties: `SHI1005_FLAGS_…`, `CSC_…`.
    pub shi1005_flags: u32,
}

/// A share, level 1501, for administrators: its security descriptor.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SHARE_INFO_1501 {
    /// 0.
    pub shi1501_reserved: u32,
    /// The self-relative security descriptor; NULL if the share has none.
    pub shi1501_security_descriptor: *mut c_void,
}

impl Record for SHARE_INFO_0 {
    type Info = ShareInfo;

    fn of(info: &ShareInfo, tail: &mut Tail<'_>) -> Self {
        Self { shi0_netname: tail.text(info.netname.as_deref()) }
    }
}

impl Record for SHARE_INFO_1 {
    type Info = ShareInfo;

    fn of(info: &ShareInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            shi1_netname: tail.text(info.netname.as_deref()),
            shi1_type: info.r#type.unwrap_or_default().0,
            shi1_remark: tail.text(info.remark.as_deref()),
        }
    }
}

impl Record for SHARE_INFO_2 {
    type Info = ShareInfo;

    fn of(info: &ShareInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            shi2_netname: tail.text(info.netname.as_deref()),
            shi2_type: info.r#type.unwrap_or_default().0,
            shi2_remark: tail.text(info.remark.as_deref()),
            shi2_permissions: info.permissions.unwrap_or_default(),
            shi2_max_uses: info.max_uses.unwrap_or_default(),
            shi2_current_uses: info.current_uses.unwrap_or_default(),
            shi2_path: tail.text(info.path.as_deref()),
            shi2_passwd: tail.text(info.passwd.as_deref()),
        }
    }
}

impl Record for SHARE_INFO_502 {
    type Info = ShareInfo;

    fn of(info: &ShareInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            shi502_netname: tail.text(info.netname.as_deref()),
            shi502_type: info.r#type.unwrap_or_default().0,
            shi502_remark: tail.text(info.remark.as_deref()),
            shi502_permissions: info.permissions.unwrap_or_default(),
            shi502_max_uses: info.max_uses.unwrap_or_default(),
            shi502_current_uses: info.current_uses.unwrap_or_default(),
            shi502_path: tail.text(info.path.as_deref()),
            shi502_passwd: tail.text(info.passwd.as_deref()),
            shi502_reserved: 0,
            shi502_security_descriptor: tail.octets(info.security_descriptor.as_slice()).cast(),
        }
    }
}

impl Record for SHARE_INFO_501 {
    type Info = ShareInfo;

    fn of(info: &ShareInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            shi501_netname: tail.text(info.netname.as_deref()),
            shi501_type: info.r#type.unwrap_or_default().0,
            shi501_remark: tail.text(info.remark.as_deref()),
            shi501_flags: info.flags.unwrap_or_default().bits(),
        }
    }
}

impl Record for SHARE_INFO_503 {
    type Info = ShareInfo;

    fn of(info: &ShareInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            shi503_netname: tail.text(info.netname.as_deref()),
            shi503_type: info.r#type.unwrap_or_default().0,
            shi503_remark: tail.text(info.remark.as_deref()),
            shi503_permissions: info.permissions.unwrap_or_default(),
            shi503_max_uses: info.max_uses.unwrap_or_default(),
            shi503_current_uses: info.current_uses.unwrap_or_default(),
            shi503_path: tail.text(info.path.as_deref()),
            shi503_passwd: tail.text(info.passwd.as_deref()),
            shi503_servername: tail.text(info.servername.as_deref()),
            shi503_reserved: 0,
            shi503_security_descriptor: tail.octets(info.security_descriptor.as_slice()).cast(),
        }
    }
}

impl Record for SHARE_INFO_1005 {
    type Info = ShareInfo;

    fn of(info: &ShareInfo, _: &mut Tail<'_>) -> Self {
        Self { shi1005_flags: info.flags.unwrap_or_default().bits() }
    }
}

impl Record for SHARE_INFO_1501 {
    type Info = ShareInfo;

    fn of(info: &ShareInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            shi1501_reserved: 0,
            shi1501_security_descriptor: tail.octets(info.security_descriptor.as_slice()).cast(),
        }
    }
}
