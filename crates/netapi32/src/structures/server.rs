//! The structures of servers.
#![allow(non_camel_case_types)]

use netsession::raw::ServerInfo;

use super::{Record, Tail};
use crate::wchar::WCHAR;

/// Appends the name as Windows returns it: without leading backslashes.
fn name(info: &ServerInfo, tail: &mut Tail<'_>) -> *mut WCHAR {
    tail.text(info.name.as_deref().map(|name| name.trim_start_matches('\\')))
}

/// A server, level 100: platform and name.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SERVER_INFO_100 {
    /// The platform: `PLATFORM_ID_NT` and others.
    pub sv100_platform_id: u32,
    /// Its name.
    pub sv100_name: *mut WCHAR,
}

/// A server, level 101.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SERVER_INFO_101 {
    /// The platform: `PLATFORM_ID_NT` and others.
    pub sv101_platform_id: u32,
    /// Its name.
    pub sv101_name: *mut WCHAR,
    /// The system's major version, and flags.
    pub sv101_version_major: u32,
    /// The system's minor version.
    pub sv101_version_minor: u32,
    /// The roles and services of the server: `SV_TYPE_…`.
    pub sv101_type: u32,
    /// A comment.
    pub sv101_comment: *mut WCHAR,
}

/// A server, level 102, for administrators.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SERVER_INFO_102 {
    /// The platform: `PLATFORM_ID_NT` and others.
    pub sv102_platform_id: u32,
    /// Its name.
    pub sv102_name: *mut WCHAR,
    /// The system's major version, and flags.
    pub sv102_version_major: u32,
    /// The system's minor version.
    pub sv102_version_minor: u32,
    /// The roles and services of the server: `SV_TYPE_…`.
    pub sv102_type: u32,
    /// A comment.
    pub sv102_comment: *mut WCHAR,
    /// The most users who can log on at once.
    pub sv102_users: u32,
    /// Minutes after which the server disconnects an idle session; -1: never.
    pub sv102_disc: i32,
    /// Not 0 if the network's lists hide the server.
    pub sv102_hidden: i32,
    /// Seconds between two announcements.
    pub sv102_announce: u32,
    /// The variation of that interval, in milliseconds.
    pub sv102_anndelta: u32,
    /// Not used.
    pub sv102_licenses: u32,
    /// The path to user directories.
    pub sv102_userpath: *mut WCHAR,
}

impl Record for SERVER_INFO_100 {
    type Info = ServerInfo;

    fn of(info: &ServerInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            sv100_platform_id: info.platform_id.map_or(0, |platform| platform.0),
            sv100_name: name(info, tail),
        }
    }
}

impl Record for SERVER_INFO_101 {
    type Info = ServerInfo;

    fn of(info: &ServerInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            sv101_platform_id: info.platform_id.map_or(0, |platform| platform.0),
            sv101_name: name(info, tail),
            sv101_version_major: info.version_major.unwrap_or_default(),
            sv101_version_minor: info.version_minor.unwrap_or_default(),
            sv101_type: info.r#type.unwrap_or_default().bits(),
            sv101_comment: tail.text(info.comment.as_deref()),
        }
    }
}

impl Record for SERVER_INFO_102 {
    type Info = ServerInfo;

    fn of(info: &ServerInfo, tail: &mut Tail<'_>) -> Self {
        Self {
            sv102_platform_id: info.platform_id.map_or(0, |platform| platform.0),
            sv102_name: name(info, tail),
            sv102_version_major: info.version_major.unwrap_or_default(),
            sv102_version_minor: info.version_minor.unwrap_or_default(),
            sv102_type: info.r#type.unwrap_or_default().bits(),
            sv102_comment: tail.text(info.comment.as_deref()),
            sv102_users: info.users.unwrap_or_default(),
            sv102_disc: info.disc.unwrap_or_default().cast_signed(),
            sv102_hidden: i32::from(info.hidden.unwrap_or_default() != 0),
            sv102_announce: info.announce.unwrap_or_default(),
            sv102_anndelta: info.anndelta.unwrap_or_default(),
            sv102_licenses: info.licenses.unwrap_or_default(),
            sv102_userpath: tail.text(info.userpath.as_deref()),
        }
    }
}
