//! The server service ([MS-SRVS] 3.1.4), a file for each operation.
//!
//! Each file implements [`Respond`] for the request of its operation. The crate `netsession-srvs` knows which operations
//! there are: a file that is missing here does not compile.

mod info;
mod names;
mod page;

use netsession_srvs::Srvsvc;

use super::call::{Caller, Respond};
use super::service::Service;

pub(super) const SERVICE: Service = Service::of::<Srvsvc>(dispatch);

macro_rules! operations {
    ($($stem:ident)*) => {
        $(mod $stem;)*

        super::service::dispatch! { $(netsession_srvs::$stem::Request)* }
    };
}

netsession_srvs::operations!(operations);
