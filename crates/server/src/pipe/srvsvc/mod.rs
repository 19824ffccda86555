//! The server service ([MS-SRVS] 3.1.4), a file for each operation.

mod connection_enum;
mod file_close;
mod file_enum;
mod file_get_info;
mod info;
mod names;
mod page;
mod remote_tod;
mod server_get_info;
mod session_del;
mod session_enum;
mod share_check;
mod share_enum;
mod share_enum_sticky;
mod share_get_info;

use netsession_rpc::FaultCode;
use netsession_rpc::server::Call;
use netsession_srvs::Opnum;

use super::call::{Caller, run};

/// The operations that the crate of messages knows; the others are answered with a fault, as [MS-RPCE]
/// has it for a number out of range.
pub(super) fn dispatch(caller: &Caller<'_>, call: &Call) -> Result<Vec<u8>, FaultCode> {
    match Opnum(call.opnum) {
        Opnum::NETR_CONNECTION_ENUM => run(call, |request| connection_enum::answer(caller, request)),
        Opnum::NETR_FILE_ENUM => run(call, |request| file_enum::answer(caller, request)),
        Opnum::NETR_FILE_GET_INFO => run(call, |request| file_get_info::answer(caller, &request)),
        Opnum::NETR_FILE_CLOSE => run(call, |request| file_close::answer(caller, &request)),
        Opnum::NETR_SESSION_ENUM => run(call, |request| session_enum::answer(caller, request)),
        Opnum::NETR_SESSION_DEL => run(call, |request| session_del::answer(caller, &request)),
        Opnum::NETR_SHARE_ENUM => run(call, |request| share_enum::answer(caller, request)),
        Opnum::NETR_SHARE_GET_INFO => run(call, |request| share_get_info::answer(caller, &request)),
        Opnum::NETR_SHARE_CHECK => run(call, |request| share_check::answer(caller, &request)),
        Opnum::NETR_SERVER_GET_INFO => run(call, |request| server_get_info::answer(caller, &request)),
        Opnum::NETR_REMOTE_TOD => run(call, |request| remote_tod::answer(caller, &request)),
        Opnum::NETR_SHARE_ENUM_STICKY => run(call, |request| share_enum_sticky::answer(caller, request)),
        _ => Err(FaultCode::NCA_S_OP_RNG_ERROR),
    }
}
