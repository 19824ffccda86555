use std::sync::Arc;

use netsession_rpc::FaultCode;
use netsession_rpc::ndr;
use netsession_rpc::server::Call;
use netsession_srvs::Operation;
use netsession_wire::Win32Error;

use crate::state::{Session, State};

/// Who calls, and on which server.
pub(super) struct Caller<'a> {
    pub(super) server: &'a Arc<State>,
    pub(super) session: &'a Arc<Session>,
}

impl Caller<'_> {
    /// # Errors
    /// `ERROR_ACCESS_DENIED` for anybody but an administrator.
    pub(super) fn must_be_admin(&self) -> Result<(), Win32Error> {
        if self.session.admin { Ok(()) } else { Err(Win32Error::ERROR_ACCESS_DENIED) }
    }
}

/// Reads the request, has it answered and writes the response, in the syntax of the call.
pub(super) fn run<Op: Operation>(
    call: &Call,
    answer: impl FnOnce(Op) -> Op::Answer,
) -> Result<Vec<u8>, FaultCode> {
    let syntax = call.transfer_syntax.ndr().ok_or(FaultCode::NCA_S_FAULT_UNSPEC)?;
    let request = ndr::decode::<Op>(&call.stub, syntax).map_err(|_| FaultCode::BAD_STUB_DATA)?;
    ndr::encode(answer(request), syntax).map_err(|_| FaultCode::NCA_S_FAULT_REMOTE_NO_MEMORY)
}
