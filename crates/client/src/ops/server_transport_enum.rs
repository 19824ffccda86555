//! Listing the transports of a server ([MS-SRVS] 3.1.4.24, NetrServerTransportEnum).

use netsession_srvs::server_transport_enum::{Request, TransportInfo, TransportLevel};

use super::pages;
use crate::calls::Connector;
use crate::link::Link;
use crate::method::method;
use crate::page::{Page, PageRequest};
use crate::{Error, FaultCode, Win32Error};

pages::enumeration! { Request: TransportInfo { transportname, networkaddress, domain; transportaddress } }

method! { Raw;
    /// Lists a page of the transports by which clients reach the server, at level 0, 1 or 2 ([MS-SRVS] 3.1.4.24).
    ///
    /// # Errors
    /// [`Error::Answered`], with `ERROR_ACCESS_DENIED` unless the user is an administrator, and with `ERROR_NOT_SUPPORTED` if
    /// the server lacks the operation, as Samba does.
    pub async fn server_transport_enum(
        &mut self,
        level: TransportLevel,
        page: PageRequest,
    ) -> Result<Page<TransportInfo>, Error> {
        server_transport_enum(self.link, level, page).await
    }
}

async fn server_transport_enum<C: Connector>(
    link: &mut Link<C>,
    level: TransportLevel,
    page: PageRequest,
) -> Result<Page<TransportInfo>, Error> {
    let request = Request { server_name: link.server_name(), ..Request::asking(level) };
    match pages::first(link, [request], page).await {
        Err(Error::Fault { code: FaultCode::NCA_S_OP_RNG_ERROR, .. }) => {
            Err(link.answered(Request::NAME, Win32Error::ERROR_NOT_SUPPORTED))
        }
        result => result,
    }
}
