//! Sharing a folder ([MS-SRVS] 3.1.4.7, NetrShareAdd).

use netsession_srvs::InfoStruct;
use netsession_srvs::info::{ShareInfo, ShareLevel};
use netsession_srvs::share_add::Request;

use crate::Error;
use crate::calls::Connector;
use crate::link::Link;
use crate::method::method;
use crate::observer::{Change, Changing};

const CALL: &str = Request::NAME;

method! { Raw;
    /// Shares a folder of the server ([MS-SRVS] 3.1.4.7), at level 2, 502 or 503.
    ///
    /// # Errors
    /// [`Error::Answered`] with `NERR_DuplicateShare` if the name is taken, `NERR_UnknownDevDir` if the folder does not
    /// exist, `ERROR_INVALID_PARAMETER`, and `ERROR_ACCESS_DENIED` if the user may not share it. [`Error::is_unknown`] if
    /// no answer came. [`Error::Vetoed`] if an observer refused.
    pub async fn share_add(&mut self, level: ShareLevel, share: ShareInfo) -> Result<(), Error> {
        share_add(self.link, level, share).await
    }
}

impl Changing for Request {
    fn change(&self, server: &str) -> Change {
        let info = self.info_struct.info.as_ref();
        let text = |text: Option<&String>| text.cloned().unwrap_or_default();
        let (name, path) = (
            text(info.and_then(|info| info.netname.as_ref())),
            text(info.and_then(|info| info.path.as_ref())),
        );
        Change::AddShare { server: server.to_owned(), name, path }
    }
}

pub(crate) async fn share_add<C: Connector>(
    link: &mut Link<C>,
    level: ShareLevel,
    share: ShareInfo,
) -> Result<(), Error> {
    let info_struct = InfoStruct::with(level, share);
    let request = Request { server_name: link.server_name(), info_struct, parm_err: Some(0) };
    match link.change(request).await?.status {
        code if code.is_success() => Ok(()),
        code => Err(link.answered(CALL, code)),
    }
}
