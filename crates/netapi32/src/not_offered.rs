//! The functions that programs declare beside the others, and that this library does not have: users, groups, scheduled jobs,
//! messages, DFS and domains. A program that declares one of them loads, and a call returns `ERROR_NOT_SUPPORTED`.
//!
//! One table has all of them. The headers in `include/netsession` declare them for C.

use std::ffi::c_void;
use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};

use netsession::Win32Error;

use crate::guard::{Status, guard};
use crate::wchar::WCHAR;

/// A text that the function does not read.
pub type Text = *const WCHAR;
/// A level, a flag or a size.
pub type Number = u32;
/// A structure or another value of the caller, which the function does not read.
pub type Given = *const c_void;
/// A resume handle, which the function leaves as it is.
pub type Handle = *mut c_void;

/// Where the caller expects a buffer: it becomes NULL, so that the caller frees nothing.
#[repr(transparent)]
#[derive(Debug, Clone, Copy)]
pub struct Buffer(pub *mut *mut c_void);

/// Where the caller expects a number: it becomes 0, so that the caller reads no entry.
#[repr(transparent)]
#[derive(Debug, Clone, Copy)]
pub struct Count(pub *mut u32);

/// An argument of a function that does nothing.
trait Argument {
    /// Stores an empty result, where the argument is the place of one.
    ///
    /// # Safety
    /// The place of a result is NULL, or can be written.
    unsafe fn clear(self);
}

impl Argument for Buffer {
    unsafe fn clear(self) {
        if !self.0.is_null() {
            // SAFETY: the caller promises it.
            unsafe { self.0.write_unaligned(std::ptr::null_mut()) };
        }
    }
}

impl Argument for Count {
    unsafe fn clear(self) {
        if !self.0.is_null() {
            // SAFETY: the caller promises it.
            unsafe { self.0.write_unaligned(0) };
        }
    }
}

macro_rules! nothing_to_clear {
    ($($type:ty),+) => {$(
        impl Argument for $type {
            unsafe fn clear(self) {}
        }
    )+};
}

nothing_to_clear!(Text, Number, Given, Handle);

/// Logs the first call of a function and the code that its caller gets, and returns `ERROR_NOT_SUPPORTED`.
fn refuse(name: &'static str, returned: impl Display, was_called: &AtomicBool) -> Status {
    guard(name, || {
        if !was_called.swap(true, Ordering::Relaxed) {
            tracing::warn!("{name} returns {returned}: this library does not have it, only its name");
        }
        Ok(Win32Error::ERROR_NOT_SUPPORTED)
    })
}

macro_rules! not_offered {
    ($($name:ident($($argument:ident: $type:ty),+ $(,)?);)+) => {
        $(
            #[doc = concat!("`", stringify!($name), "` returns `ERROR_NOT_SUPPORTED`, and an empty result.")]
            ///
            /// # Safety
            /// The place of each result is NULL, or can be written.
            #[unsafe(no_mangle)]
            #[allow(non_snake_case, clippy::too_many_arguments)]
            pub unsafe extern "C-unwind" fn $name($($argument: $type),+) -> Status {
                static WAS_CALLED: AtomicBool = AtomicBool::new(false);
                // SAFETY: the caller promises it.
                unsafe { $($argument.clear();)+ }
                refuse(stringify!($name), Win32Error::ERROR_NOT_SUPPORTED.0, &WAS_CALLED)
            }
        )+

        /// The names of these functions.
        pub const NAMES: &[&str] = &[$(stringify!($name)),+];
    };
}

not_offered! {
    DsEnumerateDomainTrustsA(ServerName: Given, Flags: Number, Domains: Buffer, DomainCount: Count);
    DsEnumerateDomainTrustsW(ServerName: Text, Flags: Number, Domains: Buffer, DomainCount: Count);
    DsGetSiteNameA(ComputerName: Given, SiteName: Buffer);
    DsGetSiteNameW(ComputerName: Text, SiteName: Buffer);
    DsRoleGetPrimaryDomainInformation(lpServer: Text, InfoLevel: Number, buffer: Buffer);
    NetAccessAdd(servername: Text, level: Number, buf: Given, parm_err: Count);
    NetAccessDel(servername: Text, resource: Text);
    NetAccessEnum(
        servername: Text, basepath: Text, recursive: Number, level: Number, bufptr: Buffer,
        prefmaxlen: Number, entriesread: Count, totalentries: Count, resume_handle: Handle
    );
    NetAccessGetInfo(servername: Text, resource: Text, level: Number, bufptr: Buffer);
    NetAccessGetUserPerms(servername: Text, ugname: Text, resource: Text, perms: Count);
    NetAccessSetInfo(servername: Text, resource: Text, level: Number, buf: Given, parm_err: Count);
    NetDfsEnum(
        DfsName: Text, Level: Number, PrefMaxLen: Number, buffer: Buffer, EntriesRead: Count,
        ResumeHandle: Handle
    );
    NetDfsGetInfo(DfsEntryPath: Text, ServerName: Text, ShareName: Text, Level: Number, buffer: Buffer);
    NetGetAnyDCName(servername: Text, domainname: Text, bufptr: Buffer);
    NetGetDCName(servername: Text, domainname: Text, bufptr: Buffer);
    NetGetDisplayInformationIndex(servername: Text, level: Number, prefix: Text, index: Count);
    NetGroupAdd(servername: Text, level: Number, buf: Given, parm_err: Count);
    NetGroupAddUser(servername: Text, groupname: Text, username: Text);
    NetGroupDel(servername: Text, groupname: Text);
    NetGroupDelUser(servername: Text, groupname: Text, username: Text);
    NetGroupEnum(
        servername: Text, level: Number, bufptr: Buffer, prefmaxlen: Number, entriesread: Count,
        totalentries: Count, resume_handle: Handle
    );
    NetGroupGetInfo(servername: Text, groupname: Text, level: Number, bufptr: Buffer);
    NetGroupGetUsers(
        servername: Text, groupname: Text, level: Number, bufptr: Buffer, prefmaxlen: Number,
        entriesread: Count, totalentries: Count, resumehandle: Handle
    );
    NetGroupSetInfo(servername: Text, groupname: Text, level: Number, buf: Given, parm_err: Count);
    NetGroupSetUsers(servername: Text, groupname: Text, level: Number, buf: Given, totalentries: Number);
    NetLocalGroupAdd(servername: Text, level: Number, buf: Given, parm_err: Count);
    NetLocalGroupAddMember(servername: Text, groupname: Text, membersid: Given);
    NetLocalGroupAddMembers(
        servername: Text, groupname: Text, level: Number, buf: Given, totalentries: Number
    );
    NetLocalGroupDel(servername: Text, groupname: Text);
    NetLocalGroupDelMember(servername: Text, groupname: Text, membersid: Given);
    NetLocalGroupDelMembers(
        servername: Text, groupname: Text, level: Number, buf: Given, totalentries: Number
    );
    NetLocalGroupEnum(
        servername: Text, level: Number, bufptr: Buffer, prefmaxlen: Number, entriesread: Count,
        totalentries: Count, resumehandle: Handle
    );
    NetLocalGroupGetInfo(servername: Text, groupname: Text, level: Number, bufptr: Buffer);
    NetLocalGroupGetMembers(
        servername: Text, localgroupname: Text, level: Number, bufptr: Buffer, prefmaxlen: Number,
        entriesread: Count, totalentries: Count, resumehandle: Handle
    );
    NetLocalGroupSetInfo(servername: Text, groupname: Text, level: Number, buf: Given, parm_err: Count);
    NetLocalGroupSetMembers(
        servername: Text, groupname: Text, level: Number, buf: Given, totalentries: Number
    );
    NetMessageBufferSend(servername: Text, msgname: Text, fromname: Text, buf: Given, buflen: Number);
    NetMessageNameAdd(servername: Text, msgname: Text);
    NetMessageNameDel(servername: Text, msgname: Text);
    NetMessageNameEnum(
        servername: Text, level: Number, bufptr: Buffer, prefmaxlen: Number, entriesread: Count,
        totalentries: Count, resume_handle: Handle
    );
    NetMessageNameGetInfo(servername: Text, msgname: Text, level: Number, bufptr: Buffer);
    NetQueryDisplayInformation(
        servername: Text, level: Number, index: Number, entriesrequested: Number,
        preferredmaximumlength: Number, returnedentrycount: Count, sortedbuffer: Buffer
    );
    NetScheduleJobAdd(servername: Text, buffer: Given, jobid: Count);
    NetScheduleJobDel(servername: Text, minjobid: Number, maxjobid: Number);
    NetScheduleJobEnum(
        servername: Text, pointertobuffer: Buffer, prefferedmaximumlength: Number, entriesread: Count,
        totalentries: Count, resumehandle: Handle
    );
    NetScheduleJobGetInfo(servername: Text, jobid: Number, pointertobuffer: Buffer);
    NetServerTransportAdd(servername: Text, level: Number, bufptr: Given);
    NetServerTransportAddEx(servername: Text, level: Number, bufptr: Given);
    NetServerTransportDel(servername: Text, level: Number, bufptr: Given);
    NetShareEnumSticky(
        servername: Text, level: Number, bufptr: Buffer, prefmaxlen: Number, entriesread: Count,
        totalentries: Count, resume_handle: Handle
    );
    NetUserAdd(servername: Text, level: Number, buf: Given, parm_err: Count);
    NetUserChangePassword(domainname: Text, username: Text, oldpassword: Text, newpassword: Text);
    NetUserDel(servername: Text, username: Text);
    NetUserEnum(
        servername: Text, level: Number, filter: Number, bufptr: Buffer, prefmaxlen: Number,
        entriesread: Count, totalentries: Count, resume_handle: Handle
    );
    NetUserGetGroups(
        servername: Text, username: Text, level: Number, bufptr: Buffer, prefmaxlen: Number,
        entriesread: Count, totalentries: Count
    );
    NetUserGetInfo(servername: Text, username: Text, level: Number, bufptr: Buffer);
    NetUserGetLocalGroups(
        servername: Text, username: Text, level: Number, flags: Number, bufptr: Buffer, prefmaxlen: Number,
        entriesread: Count, totalentries: Count
    );
    NetUserModalsGet(servername: Text, level: Number, bufptr: Buffer);
    NetUserModalsSet(servername: Text, level: Number, buf: Given, parm_err: Count);
    NetUserSetGroups(servername: Text, username: Text, level: Number, buf: Given, num_entries: Number);
    NetUserSetInfo(servername: Text, username: Text, level: Number, buf: Given, parm_err: Count);
    NetValidateName(lpServer: Text, lpName: Text, lpAccount: Text, lpPassword: Text, NameType: Number);
    NetValidatePasswordPolicy(
        servername: Text, qualifier: Given, validationtype: Number, inputarg: Given, outputarg: Buffer
    );
    NetValidatePasswordPolicyFree(outputarg: Buffer);
    NetWkstaSetInfo(servername: Text, level: Number, buffer: Given, parm_err: Count);
    NetWkstaTransportEnum(
        servername: Text, level: Number, bufptr: Buffer, prefmaxlen: Number, entriesread: Count,
        totalentries: Count, resumehandle: Handle
    );
    NetWkstaUserGetInfo(reserved: Text, level: Number, bufptr: Buffer);
    NetWkstaUserSetInfo(reserved: Text, level: Number, buf: Given, parm_err: Count);
}

/// Returns `ERROR_NOT_SUPPORTED` as an HRESULT, and NULL. Success with NULL would say that the computer is not joined to Entra
/// ID, which the library does not know: other software can join a Linux computer.
///
/// # Safety
/// `ppJoinInfo` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetGetAadJoinInformation(_pcszTenantId: Text, ppJoinInfo: Buffer) -> u32 {
    const NOT_SUPPORTED: u32 = 0x8007_0000 | Win32Error::ERROR_NOT_SUPPORTED.0;
    static WAS_CALLED: AtomicBool = AtomicBool::new(false);
    // SAFETY: the caller promises it.
    unsafe { ppJoinInfo.clear() };
    refuse("NetGetAadJoinInformation", format_args!("{NOT_SUPPORTED:#x}"), &WAS_CALLED);
    NOT_SUPPORTED
}

/// Does nothing, because [`NetGetAadJoinInformation`] returns no buffer.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub extern "C-unwind" fn NetFreeAadJoinInformation(_pJoinInfo: Given) {}
