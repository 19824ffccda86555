//! Changing a share ([MS-SRVS] 3.1.4.11, NetrShareSetInfo).

use netsession_srvs::InfoStruct;
use netsession_srvs::info::{ShareInfo, ShareLevel};
use netsession_srvs::share_set_info::Request;

use crate::Error;
use crate::calls::Connector;
use crate::link::Link;
use crate::method::method;
use crate::observer::{Change, Changing};

const CALL: &str = Request::NAME;

method! { Raw;
    /// Changes the comment, the limit, the permissions or the properties of a share ([MS-SRVS] 3.1.4.11), at one of the levels
    /// [`ShareLevel::WRITTEN`].
    ///
    /// # Errors
    /// [`Error::Answered`] with `NERR_NetNameNotFound` if there is no such share, `ERROR_INVALID_PARAMETER`,
    /// `ERROR_ACCESS_DENIED` if the user may not change it, and `ERROR_NOT_SUPPORTED` for properties that the server does not
    /// have. [`Error::is_unknown`] if no answer came. [`Error::Vetoed`] if an observer refused.
    pub async fn share_set_info(
        &mut self,
        name: &str,
        level: ShareLevel,
        share: ShareInfo,
    ) -> Result<(), Error> {
        share_set_info(self.link, name, level, share).await
    }
}

impl Changing for Request {
    fn change(&self, server: &str) -> Change {
        let level = self.share_info.level;
        let info = self.share_info.info.as_ref();
        let has_comment = level <= ShareLevel::INFO_503 || level == ShareLevel::INFO_1004;
        let comment = info.filter(|_| has_comment).map(|info| info.remark.clone().unwrap_or_default());
        Change::SetShare { server: server.to_owned(), name: self.net_name.clone(), level: level.0, comment }
    }
}

pub(crate) async fn share_set_info<C: Connector>(
    link: &mut Link<C>,
    name: &str,
    level: ShareLevel,
    share: ShareInfo,
) -> Result<(), Error> {
    let request = Request {
        server_name: link.server_name(),
        net_name: name.to_owned(),
        share_info: InfoStruct::with(level, share),
        parm_err: Some(0),
    };
    match link.change(request).await?.status {
        code if code.is_success() => Ok(()),
        code => Err(link.answered(CALL, code)),
    }
}
