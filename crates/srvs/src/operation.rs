use netsession_rpc::Response;
use netsession_wire::Win32Error;

use crate::Srvsvc;

/// A request of this interface, so that a client has one function for every call.
///
/// Every request that `netsession_rpc::operation!` declares for [`Srvsvc`] implements this trait.
pub trait Operation:
    netsession_rpc::Operation<Interface = Srvsvc, Response: Response<Status = Win32Error>>
{
}

impl<O> Operation for O where
    O: netsession_rpc::Operation<Interface = Srvsvc, Response: Response<Status = Win32Error>>
{
}
