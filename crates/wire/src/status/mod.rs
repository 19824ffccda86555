//! The status codes of [MS-ERREF] that this field uses: [`Win32Error`] (2.2, with the NERR_ codes of LMERR.H) and
//! [`NtStatus`] (2.3). Other values remain numbers.

#[allow(missing_docs)]
mod nt;
mod win32;

pub use nt::NtStatus;
pub use win32::Win32Error;
