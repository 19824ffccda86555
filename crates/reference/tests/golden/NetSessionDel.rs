#![allow(dead_code, non_camel_case_types, non_snake_case, non_upper_case_globals)]

pub const NERR_Success: u32 = 0;
pub const ERROR_ACCESS_DENIED: u32 = 5;
pub const ERROR_NOT_ENOUGH_MEMORY: u32 = 8;
pub const ERROR_BAD_NETPATH: u32 = 53;
pub const ERROR_INVALID_PARAMETER: u32 = 87;
pub const NERR_ClientNameNotFound: u32 = 2312;

#[link(name = "netapi32")]
unsafe extern "system" {
    /// Ends sessions between a file server and a client: those of one user, of one computer, or of
    /// one user from one computer.
    pub fn NetSessionDel(
        servername: *const u16,
        UncClientName: *const u16,
        username: *const u16,
    ) -> u32;
}

/// UTF-16 with a zero at the end.
fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

fn main() {
    let status = unsafe { NetSessionDel(wide("\\\\fs1").as_ptr(), wide("\\\\10.0.0.5").as_ptr(),
        wide("alice").as_ptr()) };
    println!("NetSessionDel: {status}");
}
