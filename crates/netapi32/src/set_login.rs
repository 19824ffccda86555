//! `netsession_set_login`: not from Windows, whose functions log on the user who is there.

use netsession::{Login, Secret, ServerTarget, Win32Error};
use netsession_admin::{LoginScope, has_password};

use crate::failure::Failure;
use crate::guard::{Status, guard};
use crate::{process, strings};

/// Every server that has no login of its own.
const ALL: &str = "*";

/// `netsession_set_login`: see netsession.h.
///
/// # Safety
/// Each pointer is NULL, or points to UTF-16 that ends in zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netsession_set_login(
    servername: *const u16,
    login: *const u16,
    password: *const u16,
) -> Status {
    guard("netsession_set_login", || {
        // SAFETY: as promised by the caller.
        let (server, login, password) =
            unsafe { (strings::text(servername)?, strings::text(login)?, strings::secret(password)?) };
        let scope = match server.as_deref() {
            None => LoginScope::Server(ServerTarget::Local),
            Some(ALL) => LoginScope::AllServers,
            Some(name) => LoginScope::Server(process::target(Some(name))?),
        };
        let login =
            match (login, password) {
                (None, _) => None,
                (Some(_), None) => return Err(Failure::argument("a login without a password")),
                (Some(who), Some(_)) if has_password(&who) => {
                    return Err(Failure::argument("a password after the user's name is refused"));
                }
                (Some(who), Some(password)) => {
                    let login = Login::new(&who, Secret::Password(password));
                    Some(login.map_err(|_| {
                        Failure::argument("the login is not USER, DOMAIN\\USER or USER@REALM")
                    })?)
                }
            };
        process::current().set_login(&scope, login);
        Ok(Win32Error::NERR_SUCCESS)
    })
}
