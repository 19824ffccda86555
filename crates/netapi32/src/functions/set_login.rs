//! [`netsession_set_login`]: sets the login of later calls. Windows has no such function: there, calls use the login of
//! the user who is logged on.

use netsession::{Login, Secret, ServerTarget, Win32Error};
use netsession_admin::{LoginScope, has_password};

use crate::failure::Failure;
use crate::guard::{Status, guard};
use crate::target::target;
use crate::wchar::WCHAR;
use crate::{process, strings};

/// The name that means every server without a login of its own.
const ALL: &str = "*";

/// Sets, replaces or removes the login for a server: netsession.h has the parameters and codes.
///
/// # Safety
/// Each pointer is NULL, or points to a text that ends in zero.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn netsession_set_login(
    servername: *const WCHAR,
    login: *const WCHAR,
    password: *const WCHAR,
) -> Status {
    guard("netsession_set_login", || {
        // SAFETY: the caller promises it.
        let (server, login, password) =
            unsafe { (strings::text(servername)?, strings::text(login)?, strings::secret(password)?) };
        let scope = match server.as_deref() {
            None => LoginScope::Server(ServerTarget::Local),
            Some(ALL) => LoginScope::AllServers,
            Some(name) => LoginScope::Server(target(Some(name))?),
        };
        let login = match (login, password) {
            (None, _) => None,
            (Some(_), None) => return Err(Failure::argument("password is NULL although login is not")),
            (Some(user), Some(_)) if has_password(&user) => {
                return Err(Failure::argument("login contains a password after %: pass it as password"));
            }
            (Some(user), Some(password)) => {
                let login = Login::new(&user, Secret::Password(password.into()));
                Some(login.map_err(|_| Failure::argument("login is not USER, DOMAIN\\USER or USER@REALM"))?)
            }
        };
        process::current().set_login(&scope, login);
        Ok(Win32Error::NERR_SUCCESS)
    })
}
