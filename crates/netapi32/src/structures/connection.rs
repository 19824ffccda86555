#![allow(non_camel_case_types)]

use netsession::raw::ConnectionInfo;

use super::{Record, Tail};

/// A connection to a share: its number.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct CONNECTION_INFO_0 {
    /// What the server knows it by.
    pub coni0_id: u32,
}

/// A connection to a share.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct CONNECTION_INFO_1 {
    /// What the server knows it by.
    pub coni1_id: u32,
    /// The kind of share.
    pub coni1_type: u32,
    /// Files open over it.
    pub coni1_num_opens: u32,
    /// Users on it.
    pub coni1_num_users: u32,
    /// Seconds since it was made.
    pub coni1_time: u32,
    /// Its user.
    pub coni1_username: *mut u16,
    /// The client where a share was asked for, the share where a client was.
    pub coni1_netname: *mut u16,
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
