//! [`NetSessionDel`]: ends the sessions of a user from a client.

use netsession::Win32Error;
use netsession::raw::check;

use crate::guard::{Status, guard};
use crate::pool::Purpose;
use crate::wchar::WCHAR;
use crate::{process, strings};

/// Ends the sessions of a user from a client: netapi32.h has the parameters and codes.
///
/// # Safety
/// Each pointer is NULL, or points to a text that ends in zero.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetSessionDel(
    servername: *const WCHAR,
    unc_client_name: *const WCHAR,
    username: *const WCHAR,
) -> Status {
    guard("NetSessionDel", || {
        // SAFETY: the caller promises it.
        let (server, client, user) = unsafe {
            (
                strings::text_of_change(servername)?,
                strings::text_of_change(unc_client_name)?,
                strings::text_of_change(username)?,
            )
        };
        let (client, user) = (client.as_deref(), user.as_deref());
        check::session_del(client, user)?;
        process::current().with_server(server.as_deref(), Purpose::Change, |server| {
            server.raw().session_del(client, user)
        })?;
        Ok(Win32Error::NERR_SUCCESS)
    })
}
