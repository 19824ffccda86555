//! Removing a share of one of a server's names ([MS-SRVS] 3.1.4.47, NetrShareDelEx).

use netsession_srvs::InfoStruct;
use netsession_srvs::info::{ShareInfo, ShareLevel};
use netsession_srvs::share_del_ex::Request;

use crate::calls::Connector;
use crate::link::Link;
use crate::method::method;
use crate::observer::{Change, Changing};
use crate::{Error, FaultCode, Win32Error};

const CALL: &str = Request::NAME;

method! { Raw;
    /// Stops sharing a folder of one of the server's names, and disconnects everybody from the share ([MS-SRVS] 3.1.4.47). `*` is
    /// the server's default name.
    ///
    /// # Errors
    /// As [`Raw::share_del`](crate::raw::Raw::share_del); [`Error::Answered`] with `ERROR_NOT_SUPPORTED` if the server lacks the
    /// operation.
    pub async fn share_del_ex(&mut self, name: &str, server_name: &str) -> Result<(), Error> {
        share_del_ex(self.link, name, server_name).await
    }
}

impl Changing for Request {
    fn change(&self, server: &str) -> Change {
        let name = self.share_info.info.as_ref().and_then(|info| info.netname.clone());
        Change::DeleteShare { server: server.to_owned(), name: name.unwrap_or_default() }
    }
}

async fn share_del_ex<C: Connector>(link: &mut Link<C>, name: &str, server_name: &str) -> Result<(), Error> {
    let info = ShareInfo {
        netname: Some(name.to_owned()),
        servername: Some(server_name.to_owned()),
        ..ShareInfo::default()
    };
    let share_info = InfoStruct::with(ShareLevel::INFO_503, info);
    let request = Request { server_name: link.server_name(), share_info };
    match link.change(request).await {
        Ok(answer) if answer.status.is_success() => Ok(()),
        Ok(answer) => Err(link.answered(CALL, answer.status)),
        Err(Error::Fault { code: FaultCode::NCA_S_OP_RNG_ERROR, .. }) => {
            Err(link.answered(CALL, Win32Error::ERROR_NOT_SUPPORTED))
        }
        Err(error) => Err(error),
    }
}
