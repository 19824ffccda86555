//! Removing a share ([MS-SRVS] 3.1.4.12, NetrShareDel).

use netsession_srvs::share_del::Request;

use crate::calls::Connector;
use crate::link::Link;
use crate::method::method;
use crate::observer::{Change, Changing};
use crate::{Error, Win32Error};

const CALL: &str = Request::NAME;

method! { Raw;
    /// Stops sharing a folder, and disconnects everybody from the share ([MS-SRVS] 3.1.4.12).
    ///
    /// # Errors
    /// [`Error::Answered`] with `NERR_NetNameNotFound` if there is no such share, and `ERROR_ACCESS_DENIED` if the user
    /// may not remove it. Samba's `ERROR_BAD_NET_NAME` becomes `NERR_NetNameNotFound`. [`Error::is_unknown`] if no answer came. [`Error::Vetoed`] if an observer refused.
    pub async fn share_del(&mut self, name: &str) -> Result<(), Error> {
        share_del(self.link, name).await
    }
}

impl Changing for Request {
    fn change(&self, server: &str) -> Change {
        Change::DeleteShare { server: server.to_owned(), name: self.net_name.clone() }
    }
}

pub(crate) async fn share_del<C: Connector>(link: &mut Link<C>, name: &str) -> Result<(), Error> {
    let request = Request { server_name: link.server_name(), net_name: name.to_owned(), reserved: 0 };
    match link.change(request).await?.status {
        code if code.is_success() => Ok(()),
        Win32Error::ERROR_BAD_NET_NAME => Err(link.answered(CALL, Win32Error::NERR_NET_NAME_NOT_FOUND)),
        code => Err(link.answered(CALL, code)),
    }
}
