//! Returning the server's time ([MS-SRVS] 3.1.4.21, NetrRemoteTOD).

use netsession_srvs::info::TimeOfDayInfo;
use netsession_srvs::remote_tod::Request;

use crate::Error;
use crate::calls::{Connector, Reading};
use crate::link::Link;
use crate::method::method;

const CALL: &str = Request::NAME;

impl Reading for Request {}

method! { Raw;
    /// Returns the time of the server's clock ([MS-SRVS] 3.1.4.21).
    ///
    /// # Errors
    /// [`Error::Answered`].
    pub async fn remote_tod(&mut self) -> Result<TimeOfDayInfo, Error> {
        remote_tod(self.link).await
    }
}

/// Returns the time of the server's clock, as `NetRemoteTOD` does.
pub(crate) async fn remote_tod<C: Connector>(link: &mut Link<C>) -> Result<TimeOfDayInfo, Error> {
    let answer = link.ask(Request { server_name: link.server_name() }).await?;
    match answer.buffer {
        Some(time) if answer.status.is_success() => Ok(time),
        _ => Err(link.answered_badly(CALL, answer.status)),
    }
}
