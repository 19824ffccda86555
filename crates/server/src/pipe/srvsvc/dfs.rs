//! The operations of DFS. This server is in no DFS, so that it carries none of them out and returns an error, as [MS-SRVS] 3.1.4.36
//! to 3.1.4.43 recommends. The requests are not read.

use netsession_rpc::ndr::Syntax;
use netsession_rpc::server::Call;
use netsession_wire::Win32Error;

/// NetrDfsCreateLocalPartition, NetrDfsDeleteLocalPartition, NetrDfsSetLocalVolumeState, NetrDfsDeleteExitPoint and
/// NetrDfsModifyPrefix, whose responses have only a status.
const STATUS_ONLY: [u16; 5] = [44, 45, 46, 49, 50];
/// NetrDfsManagerReportSiteInfo, which returns a pointer, too.
const WITH_POINTER: u16 = 52;

/// Returns the response to a call of DFS; `None` for another call.
pub(super) fn answer(call: &Call) -> Option<Vec<u8>> {
    let pointer = match (call.opnum, call.transfer_syntax.ndr()?) {
        (opnum, _) if STATUS_ONLY.contains(&opnum) => 0,
        (WITH_POINTER, Syntax::Ndr32) => 4,
        (WITH_POINTER, Syntax::Ndr64) => 8,
        _ => return None,
    };
    let mut stub = vec![0; pointer];
    stub.extend(Win32Error::ERROR_NOT_SUPPORTED.0.to_le_bytes());
    Some(stub)
}
