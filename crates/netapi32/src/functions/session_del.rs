//! [`NetSessionDel`]: ends the sessions of a user from a client.

use netsession::Win32Error;
use netsession::raw::check;

use crate::guard::{Status, guard};
use crate::pool::Purpose;
use crate::{process, strings};

/// Ends the sessions of a user from a client: netapi32.h has the parameters and codes.
///
/// # Safety
/// Each pointer is NULL, or points to UTF-16 that ends in zero.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetSessionDel(
    servername: *const u16,
    unc_client_name: *const u16,
    username: *const u16,
) -> Status {
    guard("NetSessionDel", || {
        // SAFETY: the caller promises it.
        let (server, client, user) = unsafe {
            (strings::text(servername)?, strings::text(unc_client_name)?, strings::text(username)?)
        };
        let (client, user) = (client.as_deref(), user.as_deref());
        check::session_del(client, user)?;
        process::current().with_server(server.as_deref(), Purpose::Change, |server| {
            server.raw().session_del(client, user)
        })?;
        Ok(Win32Error::NERR_SUCCESS)
    })
}
