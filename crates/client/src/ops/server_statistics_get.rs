//! Returning how much a server was used ([MS-SRVS] 3.1.4.20, NetrServerStatisticsGet).

use netsession_srvs::server_statistics_get::{Request, StatServer};

use crate::calls::{Connector, Reading};
use crate::link::Link;
use crate::method::method;
use crate::{Error, FaultCode, Win32Error};

impl Reading for Request {}

method! { Raw;
    /// Returns how much the server was used since it started to count ([MS-SRVS] 3.1.4.20).
    ///
    /// # Errors
    /// [`Error::Answered`], with `ERROR_ACCESS_DENIED` unless the user is an administrator, and with `ERROR_NOT_SUPPORTED` if
    /// the server lacks the operation, as Samba does.
    pub async fn server_statistics_get(&mut self) -> Result<StatServer, Error> {
        server_statistics_get(self.link).await
    }
}

async fn server_statistics_get<C: Connector>(link: &mut Link<C>) -> Result<StatServer, Error> {
    let request = Request { server_name: link.server_name(), ..Request::default() };
    match link.ask(request).await {
        Ok(answer) => match (answer.status, answer.info_struct) {
            (code, Some(statistics)) if code.is_success() => Ok(statistics),
            (code, _) => Err(link.answered_badly(Request::NAME, code)),
        },
        Err(Error::Fault { code: FaultCode::NCA_S_OP_RNG_ERROR, .. }) => {
            Err(link.answered(Request::NAME, Win32Error::ERROR_NOT_SUPPORTED))
        }
        Err(error) => Err(error),
    }
}
