#![allow(dead_code, non_camel_case_types, non_snake_case, non_upper_case_globals)]

pub const NERR_Success: u32 = 0;
pub const ERROR_ACCESS_DENIED: u32 = 5;
pub const ERROR_NOT_ENOUGH_MEMORY: u32 = 8;
pub const ERROR_BAD_NETPATH: u32 = 53;
pub const ERROR_INVALID_PARAMETER: u32 = 87;
pub const ERROR_INVALID_LEVEL: u32 = 124;
pub const ERROR_MORE_DATA: u32 = 234;
pub const NERR_BufTooSmall: u32 = 2123;
pub const NERR_UserNotFound: u32 = 2221;
pub const PERM_FILE_READ: u32 = 0x1;
pub const PERM_FILE_WRITE: u32 = 0x2;
pub const PERM_FILE_CREATE: u32 = 0x4;
pub const MAX_PREFERRED_LENGTH: u32 = 0xFFFFFFFF;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct FILE_INFO_2 {
    pub fi2_id: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct FILE_INFO_3 {
    pub fi3_id: u32,
    pub fi3_permissions: u32,
    pub fi3_num_locks: u32,
    pub fi3_pathname: *mut u16,
    pub fi3_username: *mut u16,
}

#[link(name = "netapi32")]
unsafe extern "system" {
    /// Lists the files, folders and named pipes that clients have open on a server, each with its
    /// number, its user and its locks.
    pub fn NetFileEnum(
        servername: *const u16,
        basepath: *const u16,
        username: *const u16,
        level: u32,
        bufptr: *mut *mut u8,
        prefmaxlen: u32,
        entriesread: *mut u32,
        totalentries: *mut u32,
        resume_handle: *mut usize,
    ) -> u32;
    pub fn NetApiBufferFree(Buffer: *mut core::ffi::c_void) -> u32;
}
