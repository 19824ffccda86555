//! The structures of shares.
#![allow(non_camel_case_types)]

use std::ffi::c_void;

use netsession::raw::ShareInfo;

use super::{Record, Tail};

/// A share, level 0: its name.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SHARE_INFO_0 {
    /// The name.
    pub shi0_netname: *mut u16,
}

/// A share, level 1: name, type and comment.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SHARE_INFO_1 {
    /// The name.
    pub shi1_netname: *mut u16,
    /// The type: `STYPE_…`.
    pub shi1_type: u32,
    /// The comment.
    pub shi1_remark: *mut u16,
}

/// A share, level 2, for administrators.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SHARE_INFO_2 {
    /// The name.
    pub shi2_netname: *mut u16,
    /// The type: `STYPE_…`.
    pub shi2_type: u32,
    /// The comment.
    pub shi2_remark: *mut u16,
    /// Not used.
    pub shi2_permissions: u32,
    /// The most connections at once; `SHI_USES_UNLIMITED` for no limit.
    pub shi2_max_uses: u32,
    /// The number of connections now.
    pub shi2_current_uses: u32,
    /// The server's own path.
    pub shi2_path: *mut u16,
    /// Not used.
    pub shi2_passwd: *mut u16,
}

/// A share, level 502, for administrators: as [`SHARE_INFO_2`], with the security descriptor.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SHARE_INFO_502 {
    /// The name.
    pub shi502_netname: *mut u16,
    /// The type: `STYPE_…`.
    pub shi502_type: u32,
    /// The comment.
    pub shi502_remark: *mut u16,
    /// Not used.
    pub shi502_permissions: u32,
    /// The most connections at once; `SHI_USES_UNLIMITED` for no limit.
    pub shi502_max_uses: u32,
    /// The number of connections now.
    pub shi502_current_uses: u32,
    /// The server's own path.
    pub shi502_path: *mut u16,
    /// Not used.
    pub shi502_passwd: *mut u16,
    /// 0.
    pub shi502_reserved: u32,
    /// The self-relative security descriptor; NULL if the share has none.
    pub shi502_security_descriptor: *mut c_void,
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
