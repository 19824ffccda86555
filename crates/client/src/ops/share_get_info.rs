//! Returning one share ([MS-SRVS] 3.1.4.10, NetrShareGetInfo).

use netsession_srvs::info::{ShareInfo, ShareLevel};
use netsession_srvs::share_get_info::Request;

use super::share_enum::{from_level, is_lacking, is_unique};
use crate::calls::{Connector, Reading};
use crate::link::Link;
use crate::method::method;
use crate::{Error, Win32Error};

const CALL: &str = Request::NAME;

impl Reading for Request {}

method! { Raw;
    /// Returns the share with this name ([MS-SRVS] 3.1.4.10).
    ///
    /// # Errors
    /// [`Error::Answered`] with `NERR_NetNameNotFound` if there is none, and with `ERROR_NOT_SUPPORTED` if the server
    /// lacks level 503 or 1005.
    pub async fn share_get_info(&mut self, name: &str, level: ShareLevel) -> Result<ShareInfo, Error> {
        share_get_info(self.link, name, level).await
    }
}

/// Returns the share with this name, as `NetShareGetInfo` does. If the server lacks the level, this function requests a
/// lower one.
pub(crate) async fn share_get_info<C: Connector>(
    link: &mut Link<C>,
    name: &str,
    level: ShareLevel,
) -> Result<ShareInfo, Error> {
    let share = lowest(link, name, level).await;
    share.map_err(|error| match is_unique(level) && is_lacking(&error) {
        true => link.answered(CALL, Win32Error::ERROR_NOT_SUPPORTED),
        false => error,
    })
}

/// Requests the level, and lower ones while the server lacks them.
async fn lowest<C: Connector>(link: &mut Link<C>, name: &str, level: ShareLevel) -> Result<ShareInfo, Error> {
    for level in from_level(level) {
        let request = Request { server_name: link.server_name(), net_name: name.to_owned(), level };
        let answer = link.ask(request).await?;
        match (answer.status, answer.info_struct.info) {
            (code, Some(share)) if code.is_success() => return Ok(share),
            (Win32Error::ERROR_INVALID_LEVEL, _) => {}
            // Samba's answer for a share that does not exist.
            (Win32Error::ERROR_INVALID_NAME, _) => {
                return Err(link.answered(CALL, Win32Error::NERR_NET_NAME_NOT_FOUND));
            }
            (code, _) => return Err(link.answered_badly(CALL, code)),
        }
    }
    Err(link.answered(CALL, Win32Error::ERROR_INVALID_LEVEL))
}
