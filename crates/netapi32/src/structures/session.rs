//! The structures of sessions.
#![allow(non_camel_case_types)]

use netsession::raw::SessionInfo;

use super::{Record, Tail};
use crate::wchar::WCHAR;

/// A session, level 0: the client.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SESSION_INFO_0 {
    /// The client, `\\NAME`.
    pub sesi0_cname: *mut WCHAR,
}

/// A session, level 1: client, user, opens, times and flags.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SESSION_INFO_1 {
    /// The client, `\\NAME`.
    pub sesi1_cname: *mut WCHAR,
    /// The user.
    pub sesi1_username: *mut WCHAR,
    /// The number of open files, devices and pipes.
    pub sesi1_num_opens: u32,
    /// Seconds since the session began.
    pub sesi1_time: u32,
    /// Seconds since the client last used the session.
    pub sesi1_idle_time: u32,
    /// `SESS_GUEST`, `SESS_NOENCRYPTION`.
    pub sesi1_user_flags: u32,
}

/// A session, level 2: as [`SESSION_INFO_1`], with the type of the client.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SESSION_INFO_2 {
    /// The client, `\\NAME`.
    pub sesi2_cname: *mut WCHAR,
    /// The user.
    pub sesi2_username: *mut WCHAR,
    /// The number of open files, devices and pipes.
    pub sesi2_num_opens: u32,
    /// Seconds since the session began.
    pub sesi2_time: u32,
    /// Seconds since the client last used the session.
    pub sesi2_idle_time: u32,
    /// `SESS_GUEST`, `SESS_NOENCRYPTION`.
    pub sesi2_user_flags: u32,
    /// The type of the client, as the client reports it.
    pub sesi2_cltype_name: *mut WCHAR,
}

/// A session, level 10: client, user and times.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SESSION_INFO_10 {
    /// The client, `\\NAME`.
    pub sesi10_cname: *mut WCHAR,
    /// The user.
    pub sesi10_username: *mut WCHAR,
    /// Seconds since the session began.
    pub sesi10_time: u32,
    /// Seconds since the client last used the session.
    pub sesi10_idle_time: u32,
}

/// A session, level 502: as [`SESSION_INFO_2`], with the transport.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SESSION_INFO_502 {
    /// The client, `\\NAME`.
    pub sesi502_cname: *mut WCHAR,
    /// The user.
    pub sesi502_username: *mut WCHAR,
    /// The number of open files, devices and pipes.
    pub sesi502_num_opens: u32,
    /// Seconds since the session began.
    pub sesi502_time: u32,
    /// Seconds since the client last used the session.
    pub sesi502_idle_time: u32,
    /// `SESS_GUEST`, `SESS_NOENCRYPTION`.
    pub sesi502_user_flags: u32,
    /// The type of the client, as the client reports it.
    pub sesi502_cltype_name: *mut WCHAR,
    /// The server's transport.
    pub sesi502_transport: *mut WCHAR,
}

/// Appends the client as Windows lists it and NetSessionDel accepts it: with two backslashes, which some servers omit.
fn cname(info: &SessionInfo, tail: &mut Tail<'_>) -> *mut WCHAR {
    match info.cname.as_deref() {
        Some(name) if !name.is_empty() && !name.starts_with(r"\\") => tail.text(Some(&format!(r"\\{name}"))),
        name => tail.text(name),
    }
}

fn username(info: &SessionInfo, tail: &mut Tail<'_>) -> *mut WCHAR {
    tail.text(info.username.as_deref())
}

impl Record for SESSION_INFO_0 {
    type Info = SessionInfo;

    fn of(info: &SessionInfo, tail: &mut Tail<'_>) -> Self {
        Self { sesi0_cname: cname(info, tail) }
    }
}

impl Record for SESSION_INFO_1 {
    type Info = SessionInfo;

    fn of(info: &SessionInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            sesi1_cname: cname(info, tail),
            sesi1_username: username(info, tail),
            sesi1_num_opens: info.num_opens.unwrap_or_default(),
            sesi1_time: info.time.unwrap_or_default(),
            sesi1_idle_time: info.idle_time.unwrap_or_default(),
            sesi1_user_flags: info.user_flags.unwrap_or_default().bits(),
        }
    }
}

impl Record for SESSION_INFO_2 {
    type Info = SessionInfo;

    fn of(info: &SessionInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            sesi2_cname: cname(info, tail),
            sesi2_username: username(info, tail),
            sesi2_num_opens: info.num_opens.unwrap_or_default(),
            sesi2_time: info.time.unwrap_or_default(),
            sesi2_idle_time: info.idle_time.unwrap_or_default(),
            sesi2_user_flags: info.user_flags.unwrap_or_default().bits(),
            sesi2_cltype_name: tail.text(info.cltype_name.as_deref()),
        }
    }
}

impl Record for SESSION_INFO_10 {
    type Info = SessionInfo;

    fn of(info: &SessionInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            sesi10_cname: cname(info, tail),
            sesi10_username: username(info, tail),
            sesi10_time: info.time.unwrap_or_default(),
            sesi10_idle_time: info.idle_time.unwrap_or_default(),
        }
    }
}

impl Record for SESSION_INFO_502 {
    type Info = SessionInfo;

    fn of(info: &SessionInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            sesi502_cname: cname(info, tail),
            sesi502_username: username(info, tail),
            sesi502_num_opens: info.num_opens.unwrap_or_default(),
            sesi502_time: info.time.unwrap_or_default(),
            sesi502_idle_time: info.idle_time.unwrap_or_default(),
            sesi502_user_flags: info.user_flags.unwrap_or_default().bits(),
            sesi502_cltype_name: tail.text(info.cltype_name.as_deref()),
            sesi502_transport: tail.text(info.transport.as_deref()),
        }
    }
}
