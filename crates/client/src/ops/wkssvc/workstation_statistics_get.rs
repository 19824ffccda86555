//! Returning how much the SMB client of a computer was used ([MS-WKST] 3.2.4.11, NetrWorkstationStatisticsGet).

use netsession_wkssvc::workstation_statistics_get::{Request, StatWorkstation};

use crate::calls::{Connector, Reading};
use crate::link::Link;
use crate::method::method;
use crate::{Error, FaultCode, Win32Error};

impl Reading for Request {}

method! { Raw;
    /// Returns how much the SMB client of the server was used since it started to count ([MS-WKST] 3.2.4.11).
    ///
    /// # Errors
    /// [`Error::Answered`], with `ERROR_ACCESS_DENIED` unless the user is an administrator, and with `ERROR_NOT_SUPPORTED` if
    /// the server lacks the operation, as Samba does. [`Error::Refused`] if the server has no workstation service.
    pub async fn workstation_statistics_get(&mut self) -> Result<StatWorkstation, Error> {
        workstation_statistics_get(self.link).await
    }
}

async fn workstation_statistics_get<C: Connector>(link: &mut Link<C>) -> Result<StatWorkstation, Error> {
    let request = Request { server_name: link.server_name(), ..Request::default() };
    match link.ask(request).await {
        Ok(answer) => match (answer.status, answer.buffer) {
            (code, Some(statistics)) if code.is_success() => Ok(statistics),
            (code, _) => Err(link.answered_badly(Request::NAME, code)),
        },
        Err(Error::Fault { code: FaultCode::NCA_S_OP_RNG_ERROR, .. }) => {
            Err(link.answered(Request::NAME, Win32Error::ERROR_NOT_SUPPORTED))
        }
        Err(error) => Err(error),
    }
}
