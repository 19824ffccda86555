//! [`NetFileClose`]: closes an open file.

use netsession::{FileId, Win32Error};

use crate::guard::{Status, guard};
use crate::pool::Purpose;
use crate::wchar::WCHAR;
use crate::{process, strings};

/// Closes an open file: netapi32.h has the parameters and codes.
///
/// # Safety
/// `servername` is NULL, or points to a text that ends in zero.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetFileClose(servername: *const WCHAR, fileid: u32) -> Status {
    guard("NetFileClose", || {
        // SAFETY: the caller promises it.
        let server = unsafe { strings::text_of_change(servername) }?;
        process::current()
            .with_server(server.as_deref(), Purpose::Change, |server| server.file_close(FileId(fileid)))?;
        Ok(Win32Error::NERR_SUCCESS)
    })
}
