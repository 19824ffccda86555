//! [`NetServerEnum`]: lists the servers of the configuration file.

use netsession::Win32Error;
use netsession::raw::{PlatformId, ServerInfo, ServerType};
use netsession_admin::NamedServer;

use crate::failure::Failure;
use crate::guard::{Status, guard};
use crate::listing::Listing;
use crate::structures::{SERVER_INFO_100, SERVER_INFO_101};
use crate::wchar::WCHAR;
use crate::{arguments, strings, surroundings};

/// No server is known.
const ERROR_NO_BROWSER_SERVERS_FOUND: Win32Error = Win32Error(6118);

/// Lists the servers of the configuration file: netapi32.h has the parameters and codes.
///
/// # Safety
/// Each name is NULL, or points to a text that ends in zero. Each other pointer is NULL, or can be written; `resume_handle` can
/// be read too.
#[unsafe(no_mangle)]
#[allow(non_snake_case, clippy::too_many_arguments)]
pub unsafe extern "C-unwind" fn NetServerEnum(
    servername: *const WCHAR,
    level: u32,
    bufptr: *mut *mut u8,
    _prefmaxlen: u32,
    entriesread: *mut u32,
    totalentries: *mut u32,
    servertype: u32,
    domain: *const WCHAR,
    resume_handle: *mut u32,
) -> Status {
    guard("NetServerEnum", || {
        // SAFETY: the caller promises it.
        let listing = unsafe { Listing::new(bufptr, entriesread, totalentries, resume_handle) }?;
        // SAFETY: the caller promises it.
        let (server, domain) = unsafe { (strings::text(servername)?, strings::text(domain)?) };
        arguments::this_computer(server.as_deref())?;
        arguments::level(level, &[100, 101])?;
        let mut all = servers(&domain.unwrap_or_default())?;
        if servertype & ServerType::SERVER.bits() == 0 {
            all.clear();
        }
        match level {
            100 => listing.fill_from::<SERVER_INFO_100>(&all),
            _ => listing.fill_from::<SERVER_INFO_101>(&all),
        }
    })
}

/// Returns the servers of a group, or all that the configuration file names if `group` is empty, each once.
///
/// # Errors
/// `ERROR_NO_BROWSER_SERVERS_FOUND` if there is none; the errors of the file.
fn servers(group: &str) -> Result<Vec<ServerInfo>, Failure> {
    let config = surroundings::login_sources()?.config;
    let names: Vec<String> = if group.is_empty() {
        let named = config.servers().chain(config.clusters()).map(str::to_owned);
        named.chain(config.groups().map(|group| format!("@{group}"))).collect()
    } else {
        config.group(group).map(|(name, _)| format!("@{name}")).into_iter().collect()
    };
    let servers = NamedServer::parse_all(&names, &config)?;
    let info = |server: &NamedServer| ServerInfo {
        platform_id: Some(PlatformId::NT),
        name: Some(server.name().to_owned()),
        r#type: Some(ServerType::SERVER),
        ..ServerInfo::default()
    };
    match servers.is_empty() {
        true => Err(Failure::Argument {
            code: ERROR_NO_BROWSER_SERVERS_FOUND,
            why: "the configuration file names no such servers",
        }),
        false => Ok(servers.iter().map(info).collect()),
    }
}
