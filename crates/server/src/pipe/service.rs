//! [`Service`]: the interface that a client reaches through a pipe.

use std::fmt;

use netsession_rpc::server::{Call, Interface as Served};
use netsession_rpc::{FaultCode, Interface, SyntaxId};

use super::call::Caller;

/// Answers one call of an interface, in the syntax of the call.
pub(super) type Dispatch = fn(&Caller<'_>, &Call) -> Result<Vec<u8>, FaultCode>;

/// An interface that the server offers on a pipe of its own.
#[derive(Clone, Copy)]
pub(super) struct Service {
    /// The name of the pipe.
    pub(super) name: &'static str,
    id: SyntaxId,
    pub(super) dispatch: Dispatch,
}

impl Service {
    pub(super) const fn of<I: Interface>(dispatch: Dispatch) -> Self {
        Self { name: I::PIPE, id: I::ID, dispatch }
    }

    /// Returns the interface as an association offers it.
    pub(super) fn interface(&self) -> Served {
        Served::new(self.id)
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Service").field(&self.name).finish()
    }
}

/// Defines `dispatch` for the requests of an interface: it lets the request of the opnum answer the call. Another opnum
/// gets a fault, as [MS-RPCE] 3.1.3.5.2 requires for a number out of range.
macro_rules! dispatch {
    ($($request:ty)*) => {
        fn dispatch(
            caller: &$crate::pipe::call::Caller<'_>,
            call: &netsession_rpc::server::Call,
        ) -> Result<Vec<u8>, netsession_rpc::FaultCode> {
            match call.opnum {
                $(<$request>::OPNUM => $crate::pipe::call::run::<$request>(caller, call),)*
                _ => Err(netsession_rpc::FaultCode::NCA_S_OP_RNG_ERROR),
            }
        }
    };
}

pub(super) use dispatch;
