//! [`DsGetDcNameW`] and [`DsGetDcNameA`]: find a domain controller.

use std::ffi::c_char;
use std::time::Duration;

use netsession::Win32Error;
use netsession_locator::{DomainController, Flags, Guid, Request, locate};

use crate::failure::Failure;
use crate::guard::{Status, guard};
use crate::listing::Single;
use crate::structures::{DOMAIN_CONTROLLER_INFOA, DOMAIN_CONTROLLER_INFOW, GUID, Record};
use crate::wchar::WCHAR;
use crate::{arguments, strings, surroundings};

/// How long a call looks for a controller.
const LIMIT: Duration = Duration::from_secs(15);

/// Finds a domain controller: dsgetdc.h has the parameters and codes.
///
/// # Safety
/// Each name is NULL, or points to a text that ends in zero. `DomainGuid` is NULL, or can be read. `DomainControllerInfo` is
/// NULL, or can be written.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn DsGetDcNameW(
    ComputerName: *const WCHAR,
    DomainName: *const WCHAR,
    DomainGuid: *const GUID,
    SiteName: *const WCHAR,
    Flags: u32,
    DomainControllerInfo: *mut *mut DOMAIN_CONTROLLER_INFOW,
) -> Status {
    guard("DsGetDcNameW", || {
        // SAFETY: the caller promises it.
        let single = unsafe { Single::new(DomainControllerInfo.cast()) }?;
        // SAFETY: the caller promises it.
        let (names, id) = unsafe {
            let names = [strings::text(ComputerName)?, strings::text(DomainName)?, strings::text(SiteName)?];
            (names, domain_guid(DomainGuid))
        };
        find::<DOMAIN_CONTROLLER_INFOW>(names, id, Flags, &single)
    })
}

/// Finds a domain controller, with texts in UTF-8: dsgetdc.h has the parameters and codes.
///
/// # Safety
/// As [`DsGetDcNameW`].
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C-unwind" fn DsGetDcNameA(
    ComputerName: *const c_char,
    DomainName: *const c_char,
    DomainGuid: *const GUID,
    SiteName: *const c_char,
    Flags: u32,
    DomainControllerInfo: *mut *mut DOMAIN_CONTROLLER_INFOA,
) -> Status {
    guard("DsGetDcNameA", || {
        // SAFETY: the caller promises it.
        let single = unsafe { Single::new(DomainControllerInfo.cast()) }?;
        // SAFETY: the caller promises it.
        let (names, id) = unsafe {
            let names = [strings::utf8(ComputerName)?, strings::utf8(DomainName)?, strings::utf8(SiteName)?];
            (names, domain_guid(DomainGuid))
        };
        find::<DOMAIN_CONTROLLER_INFOA>(names, id, Flags, &single)
    })
}

/// A controller, and whether the result has NetBIOS names.
pub(crate) type Found = (DomainController, bool);

/// Returns the GUID of a domain; `None` for NULL, and for zeros, which no domain has.
///
/// # Safety
/// The pointer is NULL, or can be read.
unsafe fn domain_guid(pointer: *const GUID) -> Option<Guid> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the caller promises it.
    let guid = Guid::from(unsafe { pointer.read_unaligned() });
    (guid != Guid::ZERO).then_some(guid)
}

/// Finds a controller by the names of the computer, the domain and the site. An empty name is NULL.
fn find<R: Record<Info = Found>>(
    names: [Option<String>; 3],
    domain_guid: Option<Guid>,
    flags: u32,
    single: &Single,
) -> Result<Win32Error, Failure> {
    let [computer, domain, site] = names.map(|name| name.filter(|name| !name.is_empty()));
    arguments::this_computer(computer.as_deref())?;
    let flags = Flags::from_bits_retain(flags);
    let (domain, site) = (domain.as_deref(), site.as_deref());
    let own_host = surroundings::host_name();
    let request = Request { domain, domain_guid, site, flags, own_host: own_host.as_deref() };
    let found = locate(&request, LIMIT)?;
    single.fill::<R>((found, flags.contains(Flags::RETURN_FLAT_NAME)))
}
