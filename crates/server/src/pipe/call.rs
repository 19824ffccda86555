use std::cell::RefCell;
use std::sync::Arc;

use netsession_rpc::ndr;
use netsession_rpc::server::Call;
use netsession_rpc::{FaultCode, Operation};
use netsession_wire::Win32Error;

use crate::named_pipe::{Later, Pipe};
use crate::state::{Object, Open, Session, State};

/// The client that sent the request, and the server that it is connected to.
pub(super) struct Caller<'a> {
    pub(super) server: &'a Arc<State>,
    pub(super) session: &'a Arc<Session>,
    pipe: &'a Pipe,
    later: RefCell<Vec<Later>>,
}

impl<'a> Caller<'a> {
    pub(super) const fn new(server: &'a Arc<State>, session: &'a Arc<Session>, pipe: &'a Pipe) -> Self {
        Self { server, session, pipe, later: RefCell::new(Vec::new()) }
    }

    /// # Errors
    /// Returns `ERROR_ACCESS_DENIED` unless the caller is an administrator.
    pub(super) fn must_be_admin(&self) -> Result<(), Win32Error> {
        if self.session.admin { Ok(()) } else { Err(Win32Error::ERROR_ACCESS_DENIED) }
    }

    /// Returns whether the request came through this open. The response is lost if the operation closes it.
    pub(super) fn came_through(&self, open: &Open) -> bool {
        matches!(&open.object, Object::Pipe(pipe) if std::ptr::eq(pipe, self.pipe))
    }

    /// Runs `action` after the client has read the response, or has closed the pipe without reading it.
    pub(super) fn once_answered(&self, action: impl FnOnce() + Send + 'static) {
        self.later.borrow_mut().push(Later::new(action));
    }

    pub(super) fn into_later(self) -> Vec<Later> {
        self.later.into_inner()
    }
}

/// A request that the server answers.
pub(super) trait Respond: Operation {
    /// Carries out the operation for `caller` and returns the response.
    fn respond(self, caller: &Caller<'_>) -> Self::Response;
}

/// Reads the request `O` of a call, carries it out, and writes the response in the syntax of the call.
pub(super) fn run<O: Respond>(caller: &Caller<'_>, call: &Call) -> Result<Vec<u8>, FaultCode> {
    let syntax = call.transfer_syntax.ndr().ok_or(FaultCode::NCA_S_FAULT_UNSPEC)?;
    let request = ndr::decode::<O>(&call.stub, syntax).map_err(|_| FaultCode::BAD_STUB_DATA)?;
    ndr::encode(request.respond(caller), syntax).map_err(|_| FaultCode::NCA_S_FAULT_REMOTE_NO_MEMORY)
}
