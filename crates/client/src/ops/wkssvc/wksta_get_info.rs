//! Returning a computer's description of itself ([MS-WKST] 3.2.4.1, NetrWkstaGetInfo).

use netsession_wkssvc::wksta_get_info::{Request, WkstaInfo};

use crate::Error;
use crate::calls::{Connector, Reading};
use crate::link::Link;
use crate::method::method;

impl Reading for Request {}

method! { Raw;
    /// Returns the name, the version and the domain of the server, at level 100, 101 or 102 ([MS-WKST] 3.2.4.1).
    ///
    /// # Errors
    /// [`Error::Answered`], with `ERROR_ACCESS_DENIED` at level 102, and [`Error::Refused`] if the server has no workstation
    /// service.
    pub async fn wksta_get_info(&mut self, level: u32) -> Result<WkstaInfo, Error> {
        wksta_get_info(self.link, level).await
    }
}

async fn wksta_get_info<C: Connector>(link: &mut Link<C>, level: u32) -> Result<WkstaInfo, Error> {
    let answer = link.ask(Request { server_name: link.server_name(), level }).await?;
    match (answer.status, answer.info) {
        (code, Some(info)) if code.is_success() => Ok(info),
        (code, _) => Err(link.answered_badly(Request::NAME, code)),
    }
}
