//! The structures of connections to shares.
#![allow(non_camel_case_types)]

use netsession::raw::ConnectionInfo;

use super::{Record, Tail};
use crate::wchar::WCHAR;

/// A connection to a share, level 0: its number.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct CONNECTION_INFO_0 {
    /// The server's number of the connection.
    pub coni0_id: u32,
}

/// A connection to a share, level 1.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct CONNECTION_INFO_1 {
    /// The server's number of the connection.
    pub coni1_id: u32,
    /// The type of the share: `STYPE_…`.
    pub coni1_type: u32,
    /// The number of files open over it.
    pub coni1_num_opens: u32,
    /// The number of users on it.
    pub coni1_num_users: u32,
    /// Seconds since the client connected.
    pub coni1_time: u32,
    /// The user.
    pub coni1_username: *mut WCHAR,
    /// The client, in a list of a share; the share, in a list of a client.
    pub coni1_netname: *mut WCHAR,
}

impl Record for CONNECTION_INFO_0 {
    type Info = ConnectionInfo;

    fn of(info: &ConnectionInfo, _: &mut Tail<'_>) -> Self {
        Self { coni0_id: info.id.0 }
    }
}

impl Record for CONNECTION_INFO_1 {
    type Info = ConnectionInfo;

    fn of(info: &ConnectionInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            coni1_id: info.id.0,
            coni1_type: info.r#type.unwrap_or_default().0,
            coni1_num_opens: info.num_opens.unwrap_or_default(),
            coni1_num_users: info.num_users.unwrap_or_default(),
            coni1_time: info.time.unwrap_or_default(),
            coni1_username: tail.text(info.username.as_deref()),
            coni1_netname: tail.text(info.netname.as_deref()),
        }
    }
}
