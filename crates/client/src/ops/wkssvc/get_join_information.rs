//! Returning a computer's domain or workgroup ([MS-WKST] 3.2.4.12, NetrGetJoinInformation).

use netsession_wkssvc::get_join_information::{JoinStatus, Request};

use crate::calls::{Connector, Reading};
use crate::link::Link;
use crate::method::method;
use crate::{Error, FaultCode, Win32Error};

impl Reading for Request {}

method! { Raw;
    /// Returns the name of the server's domain or workgroup, and which of the two it is ([MS-WKST] 3.2.4.12).
    ///
    /// # Errors
    /// [`Error::Answered`], with `ERROR_NOT_SUPPORTED` if the server lacks the operation, as Samba does, and [`Error::Refused`] if the server has no workstation service.
    pub async fn get_join_information(&mut self) -> Result<(String, JoinStatus), Error> {
        get_join_information(self.link).await
    }
}

async fn get_join_information<C: Connector>(link: &mut Link<C>) -> Result<(String, JoinStatus), Error> {
    match link.ask(Request { server_name: link.server_name(), name_buffer: None }).await {
        Ok(answer) if answer.status.is_success() => {
            Ok((answer.name_buffer.unwrap_or_default(), answer.buffer_type))
        }
        Ok(answer) => Err(link.answered(Request::NAME, answer.status)),
        Err(Error::Fault { code: FaultCode::NCA_S_OP_RNG_ERROR, .. }) => {
            Err(link.answered(Request::NAME, Win32Error::ERROR_NOT_SUPPORTED))
        }
        Err(error) => Err(error),
    }
}
