//! Returning one session: `NetSessionGetInfo` sends NetrSessionEnum ([MS-SRVS] 3.1.4.5).

use netsession_srvs::info::{SessionInfo, SessionLevel};
use netsession_srvs::session_enum::Request;

use super::session_enum;
use crate::calls::Connector;
use crate::link::Link;
use crate::method::method;
use crate::page::PageRequest;
use crate::{Error, Win32Error};

method! { Raw;
    /// Returns the first session of `user` from `client`.
    ///
    /// # Errors
    /// Those of [`Raw::session_enum`](crate::raw::Raw::session_enum).
    pub async fn session_get_info(
        &mut self,
        level: SessionLevel,
        client: &str,
        user: &str,
    ) -> Result<SessionInfo, Error> {
        session_enum::check(level, Some(client), Some(user))?;
        session_get_info(self.link, level, client, user).await
    }
}

/// Returns the first session of `user` from `client` that the server lists.
pub(crate) async fn session_get_info<C: Connector>(
    link: &mut Link<C>,
    level: SessionLevel,
    client: &str,
    user: &str,
) -> Result<SessionInfo, Error> {
    let mut request = PageRequest::ALL;
    loop {
        let page = session_enum::page(link, level, (Some(client), Some(user)), request).await?;
        let continues = page.has_more && request.resume < Some(page.resume);
        request.resume = Some(page.resume);
        match page.entries.into_iter().next() {
            Some(session) => return Ok(session),
            None if continues => {}
            None => return Err(link.answered(Request::NAME, Win32Error::NERR_CLIENT_NAME_NOT_FOUND)),
        }
    }
}
