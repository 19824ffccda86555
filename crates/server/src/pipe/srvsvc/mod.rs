//! The server service ([MS-SRVS] 3.1.4), a file for each operation.

mod names;
mod page;
mod session_del;
mod session_enum;

use netsession_rpc::FaultCode;
use netsession_rpc::server::Call;
use netsession_srvs::Opnum;

use super::call::{Caller, run};

pub(super) fn dispatch(caller: &Caller<'_>, call: &Call) -> Result<Vec<u8>, FaultCode> {
    match Opnum(call.opnum) {
        Opnum::NETR_SESSION_ENUM => run(call, |request| session_enum::answer(caller, request)),
        Opnum::NETR_SESSION_DEL => run(call, |request| session_del::answer(caller, &request)),
        _ => Err(FaultCode::NCA_S_OP_RNG_ERROR),
    }
}
