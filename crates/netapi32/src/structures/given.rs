//! Structures that a caller passes.

use std::ffi::c_void;

use netsession::ShareType;
use netsession::raw::{ServerInfo, ShareFlags, ShareInfo};

use super::descriptor;
use super::{
    SERVER_INFO_101, SERVER_INFO_102, SERVER_INFO_502, SERVER_INFO_1005, SERVER_INFO_1010, SERVER_INFO_1016,
    SERVER_INFO_1017, SERVER_INFO_1018, SERVER_INFO_1107, SHARE_INFO_1, SHARE_INFO_2, SHARE_INFO_502,
    SHARE_INFO_503, SHARE_INFO_1004, SHARE_INFO_1005, SHARE_INFO_1006, SHARE_INFO_1501,
};
use crate::failure::Failure;
use crate::strings;
use crate::wchar::WCHAR;

/// Reads the structure of a share.
///
/// # Errors
/// Those of [`descriptor::given`] and [`strings::text_of_change`].
///
/// # Safety
/// It is the structure of the level, one of NetShareAdd's and NetShareSetInfo's, its texts are NULL or end in zero, and its
/// security descriptor is NULL or one.
pub(crate) unsafe fn given_share(level: u32, buf: *const u8) -> Result<ShareInfo, Failure> {
    // SAFETY: the caller promises it.
    unsafe {
        Ok(match level {
            1 => {
                let share = buf.cast::<SHARE_INFO_1>().read_unaligned();
                ShareInfo {
                    netname: strings::text_of_change(share.shi1_netname)?,
                    r#type: Some(ShareType(share.shi1_type)),
                    remark: strings::text_of_change(share.shi1_remark)?,
                    ..ShareInfo::default()
                }
            }
            1004 => {
                let share = buf.cast::<SHARE_INFO_1004>().read_unaligned();
                ShareInfo { remark: strings::text_of_change(share.shi1004_remark)?, ..ShareInfo::default() }
            }
            1005 => {
                let flags = buf.cast::<SHARE_INFO_1005>().read_unaligned().shi1005_flags;
                ShareInfo { flags: Some(ShareFlags::from_bits_retain(flags)), ..ShareInfo::default() }
            }
            1006 => {
                let uses = buf.cast::<SHARE_INFO_1006>().read_unaligned().shi1006_max_uses;
                ShareInfo { max_uses: Some(uses), ..ShareInfo::default() }
            }
            1501 => {
                let given = buf.cast::<SHARE_INFO_1501>().read_unaligned().shi1501_security_descriptor;
                let given = descriptor::given(given)?.map(Into::into);
                ShareInfo { security_descriptor: given.unwrap_or_default(), ..ShareInfo::default() }
            }
            _ => from_level_2(level, buf)?,
        })
    }
}

/// # Safety
/// As [`given_share`], at level 2, 502 or 503.
unsafe fn from_level_2(level: u32, buf: *const u8) -> Result<ShareInfo, Failure> {
    // SAFETY: the caller promises it. The structures of levels 502 and 503 begin with that of level 2.
    unsafe {
        let base = buf.cast::<SHARE_INFO_2>().read_unaligned();
        let (servername, descriptor): (*mut WCHAR, *mut c_void) = match level {
            2 => (std::ptr::null_mut(), std::ptr::null_mut()),
            502 => (
                std::ptr::null_mut(),
                buf.cast::<SHARE_INFO_502>().read_unaligned().shi502_security_descriptor,
            ),
            _ => {
                let all = buf.cast::<SHARE_INFO_503>().read_unaligned();
                (all.shi503_servername, all.shi503_security_descriptor)
            }
        };
        Ok(ShareInfo {
            security_descriptor: descriptor::given(descriptor)?.map(Into::into).unwrap_or_default(),
            netname: strings::text_of_change(base.shi2_netname)?,
            r#type: Some(ShareType(base.shi2_type)),
            remark: strings::text_of_change(base.shi2_remark)?,
            permissions: Some(base.shi2_permissions),
            max_uses: Some(base.shi2_max_uses),
            path: strings::text_of_change(base.shi2_path)?,
            servername: strings::text_of_change(servername)?,
            ..ShareInfo::default()
        })
    }
}

/// Reads the structure of a server. The members that a server ignores in NetServerSetInfo stay out.
///
/// # Errors
/// Those of [`strings::text_of_change`].
///
/// # Safety
/// It is the structure of the level, one of NetServerSetInfo's, and its texts are NULL or end in zero.
pub(crate) unsafe fn given_server(level: u32, buf: *const u8) -> Result<ServerInfo, Failure> {
    let flag = |value: i32| Some(u32::from(value != 0));
    // SAFETY: the caller promises it.
    unsafe {
        let none = ServerInfo::default();
        Ok(match level {
            101 => {
                let server = buf.cast::<SERVER_INFO_101>().read_unaligned();
                ServerInfo { comment: strings::text_of_change(server.sv101_comment)?, ..none }
            }
            102 => {
                let server = buf.cast::<SERVER_INFO_102>().read_unaligned();
                ServerInfo {
                    comment: strings::text_of_change(server.sv102_comment)?,
                    users: Some(server.sv102_users),
                    disc: Some(server.sv102_disc.cast_unsigned()),
                    hidden: flag(server.sv102_hidden),
                    announce: Some(server.sv102_announce),
                    anndelta: Some(server.sv102_anndelta),
                    userpath: strings::text_of_change(server.sv102_userpath)?,
                    ..none
                }
            }
            502 => {
                let limits = buf.cast::<SERVER_INFO_502>().read_unaligned();
                ServerInfo { limits: Some(limits.into()), ..none }
            }
            1005 => {
                let comment = buf.cast::<SERVER_INFO_1005>().read_unaligned().sv1005_comment;
                ServerInfo { comment: strings::text_of_change(comment)?, ..none }
            }
            1010 => {
                let disc = buf.cast::<SERVER_INFO_1010>().read_unaligned().sv1010_disc;
                ServerInfo { disc: Some(disc.cast_unsigned()), ..none }
            }
            1016 => ServerInfo {
                hidden: flag(buf.cast::<SERVER_INFO_1016>().read_unaligned().sv1016_hidden),
                ..none
            },
            1017 => {
                let announce = buf.cast::<SERVER_INFO_1017>().read_unaligned().sv1017_announce;
                ServerInfo { announce: Some(announce), ..none }
            }
            1018 => {
                let anndelta = buf.cast::<SERVER_INFO_1018>().read_unaligned().sv1018_anndelta;
                ServerInfo { anndelta: Some(anndelta), ..none }
            }
            _ => {
                let users = buf.cast::<SERVER_INFO_1107>().read_unaligned().sv1107_users;
                ServerInfo { users: Some(users), ..none }
            }
        })
    }
}
