//! Listing shares ([MS-SRVS] 3.1.4.8, NetrShareEnum).

use netsession_srvs::info::{ShareInfo, ShareLevel};
use netsession_srvs::share_enum::Request;

use super::pages;
use crate::calls::Connector;
use crate::link::Link;
use crate::method::method;
use crate::page::{Page, PageRequest};
use crate::{Error, Share, Win32Error};

const CALL: &str = Request::NAME;
/// Level 2 has paths and counts, and only administrators may request it. Everybody may request level 1.
const LEVELS: [ShareLevel; 2] = [ShareLevel::INFO_2, ShareLevel::INFO_1];

pages::enumeration! { Request: ShareInfo { netname, remark, path, passwd, servername; security_descriptor } }

method! { Server;
    /// Lists the shares ([MS-SRVS] 3.1.4.8).
    ///
    /// # Errors
    /// [`Error::Answered`].
    pub async fn shares(&mut self) -> Result<Vec<Share>, Error> {
        shares(&mut self.link).await
    }
}

method! { Raw;
    /// Lists a page of the shares ([MS-SRVS] 3.1.4.8).
    ///
    /// # Errors
    /// [`Error::Answered`], with `ERROR_ACCESS_DENIED` at the levels for administrators, and `ERROR_NOT_SUPPORTED` if the
    /// server lacks level 503.
    pub async fn share_enum(
        &mut self,
        level: ShareLevel,
        page: PageRequest,
    ) -> Result<Page<ShareInfo>, Error> {
        self::page(self.link, level, page).await
    }
}

/// Lists the shares, with as many details as the user may see.
pub(crate) async fn shares<C: Connector>(link: &mut Link<C>) -> Result<Vec<Share>, Error> {
    let mut last = Win32Error::ERROR_INVALID_LEVEL;
    for level in LEVELS {
        let request = Request { server_name: link.server_name(), ..Request::asking(level) };
        match pages::all(link, request).await? {
            (code, rows) if code.is_success() => return Ok(rows.into_iter().map(share).collect()),
            (code @ (Win32Error::ERROR_INVALID_LEVEL | Win32Error::ERROR_ACCESS_DENIED), _) => last = code,
            (code, _) => return Err(link.answered(CALL, code)),
        }
    }
    Err(link.answered(CALL, last))
}

/// Lists one page of the shares, as `NetShareEnum` does. If the server lacks the level, this function requests a lower
/// one.
pub(crate) async fn page<C: Connector>(
    link: &mut Link<C>,
    level: ShareLevel,
    request: PageRequest,
) -> Result<Page<ShareInfo>, Error> {
    let server_name = link.server_name();
    let requests = from_level(level);
    let requests =
        requests.map(|level| Request { server_name: server_name.clone(), ..Request::asking(level) });
    let page = pages::first(link, requests, request).await;
    page.map_err(|error| match is_unique(level) && is_lacking(&error) {
        true => link.answered(CALL, Win32Error::ERROR_NOT_SUPPORTED),
        false => error,
    })
}

/// Returns whether a server does not have the level: Samba leaves the entries out of its response at level 503, which then
/// cannot be read.
pub(super) fn is_lacking(error: &Error) -> bool {
    match error {
        Error::Answered { code, .. } => *code == Win32Error::ERROR_INVALID_LEVEL,
        Error::Fault { .. } => error.win32() != Win32Error::ERROR_ACCESS_DENIED,
        Error::Protocol { .. } => true,
        _ => false,
    }
}

/// Returns the level, and the lower ones to request if the server lacks it. Nothing replaces the name of the server and the
/// properties.
pub(super) fn from_level(level: ShareLevel) -> impl Iterator<Item = ShareLevel> {
    let lower = [ShareLevel::INFO_2, ShareLevel::INFO_1, ShareLevel::INFO_0];
    [level].into_iter().chain(lower.into_iter().filter(move |lower| *lower < level && !is_unique(level)))
}

/// Returns whether no other level has what this level has.
pub(super) const fn is_unique(level: ShareLevel) -> bool {
    matches!(level, ShareLevel::INFO_503 | ShareLevel::INFO_1005)
}

fn share(row: ShareInfo) -> Share {
    const NO_LIMIT: u32 = u32::MAX;
    Share {
        name: row.netname.unwrap_or_default(),
        share_type: row.r#type.unwrap_or_default(),
        comment: row.remark.unwrap_or_default(),
        path: row.path.filter(|path| !path.is_empty()),
        connections: row.current_uses,
        max_connections: row.max_uses.filter(|most| *most != NO_LIMIT),
    }
}
