//! [`NetUseAdd`]: logs on at a server, for the later calls to it.

use netsession::{Login, Secret, Win32Error};

use crate::failure::Failure;
use crate::guard::{Status, guard};
use crate::structures::{USE_INFO_0, USE_INFO_2, USE_INFO_3};
use crate::uses::Remote;
use crate::wchar::WCHAR;
use crate::{arguments, process, strings};

/// Logs on at a server, and uses this login for the later calls to it: lmuse.h has the parameters and codes.
///
/// # Safety
/// `UncServerName` is NULL, or points to a text that ends in zero. `Buf` is NULL, or points to the structure of the level, whose
/// texts are NULL or end in zero. `ParmError` is NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn NetUseAdd(
    UncServerName: *const WCHAR,
    Level: u32,
    Buf: *mut u8,
    ParmError: *mut u32,
) -> Status {
    guard("NetUseAdd", || {
        // SAFETY: the caller promises it.
        let added = unsafe { add(UncServerName, Level, Buf) };
        // SAFETY: the caller promises it.
        unsafe { arguments::wrong_member(ParmError, &added) };
        added.map(|()| Win32Error::NERR_SUCCESS)
    })
}

/// # Safety
/// As [`NetUseAdd`].
unsafe fn add(server: *const WCHAR, level: u32, buf: *const u8) -> Result<(), Failure> {
    // SAFETY: the caller promises it.
    let server = unsafe { strings::text(server) }?;
    arguments::this_computer(server.as_deref())?;
    arguments::level(level, &[0, 1, 2, 3])?;
    if buf.is_null() {
        return Err(Failure::argument("Buf is NULL"));
    }
    // SAFETY: the caller promises it.
    let given = unsafe { read(level, buf) }?;
    process::current().add_use(given.remote, given.login, given.is_checked)
}

/// What the caller asks for.
struct Given {
    remote: Remote,
    login: Option<Login>,
    is_checked: bool,
}

/// # Safety
/// As [`NetUseAdd`].
unsafe fn read(level: u32, buf: *const u8) -> Result<Given, Failure> {
    /// Do not log on now.
    const CREATE_NO_CONNECT: u32 = 1;
    // SAFETY: the caller promises it. The structures of levels 1 to 3 begin with those of the levels below.
    unsafe {
        let base = buf.cast::<USE_INFO_0>().read_unaligned();
        let local = strings::text_of_change(base.ui0_local)?.unwrap_or_default();
        if !local.is_empty() {
            return Err(Failure::Argument {
                code: Win32Error::ERROR_NOT_SUPPORTED,
                why: "there are no drives here: pass NULL as the local name",
            });
        }
        let remote = Remote::parse(&strings::text_of_change(base.ui0_remote)?.unwrap_or_default())?;
        let (login, flags) = match level {
            0 | 1 => (None, 0),
            2 => (credentials(&buf.cast::<USE_INFO_2>().read_unaligned())?, 0),
            _ => {
                let all = buf.cast::<USE_INFO_3>().read_unaligned();
                (credentials(&all.ui3_ui2)?, all.ui3_flags)
            }
        };
        Ok(Given { remote, login, is_checked: flags & CREATE_NO_CONNECT == 0 })
    }
}

/// Returns the login of the structure; None without a user.
///
/// # Safety
/// As [`NetUseAdd`].
unsafe fn credentials(given: &USE_INFO_2) -> Result<Option<Login>, Failure> {
    // SAFETY: the caller promises it.
    let (user, domain, password) = unsafe {
        (
            strings::text_of_change(given.ui2_username)?.filter(|user| !user.is_empty()),
            strings::text_of_change(given.ui2_domainname)?
                .filter(|domain| !domain.is_empty() && domain != "."),
            strings::secret(given.ui2_password)?,
        )
    };
    let Some(user) = user else { return Ok(None) };
    let password = password.ok_or(Failure::argument("ui2_password is NULL although ui2_username is not"))?;
    let user = match domain {
        Some(domain) if !user.contains(['\\', '@']) => format!(r"{domain}\{user}"),
        _ => user,
    };
    let login = Login::new(&user, Secret::Password(password.into()));
    Ok(Some(login.map_err(|_| Failure::argument("ui2_username or ui2_domainname is not a name"))?))
}
