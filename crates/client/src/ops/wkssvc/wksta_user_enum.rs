//! Listing the users at a computer ([MS-WKST] 3.2.4.3, NetrWkstaUserEnum).

use netsession_wkssvc::wksta_user_enum::{Request, WkstaUserInfo};

use crate::Error;
use crate::calls::Connector;
use crate::link::Link;
use crate::method::method;
use crate::ops::pages;
use crate::page::{Page, PageRequest};

pages::enumeration! { Request: WkstaUserInfo { username, logon_domain, oth_domains, logon_server } }

method! { Raw;
    /// Lists a page of the users who are logged on at the server, at level 0 or 1 ([MS-WKST] 3.2.4.3).
    ///
    /// # Errors
    /// [`Error::Answered`], with `ERROR_ACCESS_DENIED` unless the user is an administrator, and [`Error::Refused`] if the server
    /// has no workstation service.
    pub async fn wksta_user_enum(&mut self, level: u32, page: PageRequest) -> Result<Page<WkstaUserInfo>, Error> {
        wksta_user_enum(self.link, level, page).await
    }
}

async fn wksta_user_enum<C: Connector>(
    link: &mut Link<C>,
    level: u32,
    page: PageRequest,
) -> Result<Page<WkstaUserInfo>, Error> {
    let request = Request { server_name: link.server_name(), ..Request::asking(level) };
    pages::first(link, [request], page).await
}
